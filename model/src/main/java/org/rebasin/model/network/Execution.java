package org.rebasin.model.network;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.rebasin.model.network.Kernel.InputGradient;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Runs a network on batches up to a capacity, forward and, if made for training, backward. All
 * activations are allocated once and used again for each batch. Owns them; close it. For one thread
 * at a time.
 */
public final class Execution implements AutoCloseable {
  private final Network network;
  private final int capacity;
  private final List<Tensor> owned = new ArrayList<>();

  private final Optional<Tensor> channelsLastInput;

  // By value; one that a reshape makes has none of its own.
  private final NavigableMap<Integer, Kernel> kernels = new TreeMap<>();
  private final Map<Integer, Tensor> values = new HashMap<>();
  private final Map<Integer, Tensor> gradients = new HashMap<>();
  private int batch;

  private Execution(Network network, int capacity, Mode mode) {
    if (capacity < 1) {
      throw new IllegalArgumentException("expected a batch of at least 1, found " + capacity);
    }
    this.network = network;
    this.capacity = capacity;
    List<Integer> shape = network.inputShape();
    // With one channel or one pixel both orders are the same.
    boolean image = shape.size() == 3 && shape.get(0) > 1 && shape.get(1) * shape.get(2) > 1;
    this.channelsLastInput = image ? Optional.of(allocate(0)) : Optional.empty();
    for (int value = 1; value <= network.nodes().size(); value++) {
      Operator operator = network.nodes().get(value - 1).operator();
      if (!operator.onlyReshapes()) {
        kernels.put(value, operator.kernel(mode));
        values.put(value, allocate(value));
        if (mode == Mode.TRAINING) {
          gradients.put(value, allocate(value));
        }
      }
    }
  }

  private Tensor allocate(int value) {
    Tensor tensor = Tensor.allocate(withBatch(value));
    owned.add(tensor);
    return tensor;
  }

  /** A value's shape in memory, channels last. */
  private int[] withBatch(int value) {
    List<Integer> shape = network.shape(value);
    return shape.size() == 3
        ? new int[] {capacity, shape.get(1), shape.get(2), shape.get(0)}
        : IntStream.concat(IntStream.of(capacity), shape.stream().mapToInt(Integer::intValue))
            .toArray();
  }

  /** An execution that computes outputs only. */
  public static Execution forInference(Network network, int capacity) {
    return new Execution(network, capacity, Mode.INFERENCE);
  }

  /** An execution that computes outputs and gradients; takes twice the memory. */
  public static Execution forTraining(Network network, int capacity) {
    return new Execution(network, capacity, Mode.TRAINING);
  }

  /** An execution whose values have the statistics of the batches that run through it. */
  public static Execution forStatistics(Network network, int capacity) {
    return new Execution(network, capacity, Mode.STATISTICS);
  }

  /** The network that runs here. */
  public Network network() {
    return network;
  }

  /** The most examples in one batch. */
  public int capacity() {
    return capacity;
  }

  /**
   * The output of a node after a forward pass, {@code [capacity, units]} or {@code [capacity,
   * height, width, channels]}; value 0 is the input.
   */
  public Tensor value(int value) {
    int root = root(value);
    Tensor tensor = values.get(root);
    return root == value ? tensor : Tensor.over(tensor.values(), withBatch(value));
  }

  /** Where the gradient of the loss with respect to the output goes before a backward pass. */
  public Tensor outputGradient() {
    return gradient(network.nodes().size());
  }

  private Tensor gradient(int value) {
    int root = root(value);
    Tensor tensor = gradients.get(root);
    return root == value ? tensor : Tensor.over(tensor.values(), withBatch(value));
  }

  /**
   * Computes all values for a batch.
   *
   * @param weights the network's parameters
   * @param input {@code [capacity, …]}, images with channels first, of which the first {@code
   *     count} examples are the batch; it must stay as it is until the backward pass is done
   * @param count examples in the batch
   * @return the network's output, {@code [capacity, outputs]}
   */
  public Tensor forward(Weights weights, Tensor input, int count) {
    if (count < 1 || count > capacity) {
      throw new IllegalArgumentException(
          "expected a batch of 1 to %d examples, found %d".formatted(capacity, count));
    }
    if (input.size() != Tensor.sizeOf(withBatch(0))) {
      throw new IllegalArgumentException(
          "expected input of shape %s, found %s"
              .formatted(inputShape(), Arrays.toString(input.shape())));
    }
    batch = count;
    // Images of one channel are there as they are, but for the order of their axes' names.
    values.put(0, channelsLastInput.orElseGet(() -> Tensor.over(input.values(), withBatch(0))));
    channelsLastInput.ifPresent(last -> toChannelsLast(input, last));
    kernels.forEach(
        (value, kernel) -> kernel.forward(batch, inputsOf(value), values.get(value), weights));
    return value(network.nodes().size());
  }

  private void toChannelsLast(Tensor input, Tensor last) {
    int channels = network.inputShape().get(0);
    ChannelOrder.toLast(
        input.values(), last.values(), batch, channels, network.inputs() / channels);
  }

  private List<Integer> inputShape() {
    List<Integer> shape = new ArrayList<>(List.of(capacity));
    shape.addAll(network.inputShape());
    return shape;
  }

  /**
   * Computes the gradients of all trainable parameters for the batch of the last forward pass, from
   * {@link #outputGradient()}; overwrites {@code parameterGradients}.
   */
  public void backward(Weights weights, Weights parameterGradients) {
    // The output's gradient is there already: another reader of the same memory adds to it.
    Set<Integer> written = new HashSet<>(Set.of(root(network.nodes().size())));
    for (int value : kernels.descendingKeySet()) {
      List<Optional<InputGradient>> targets = new ArrayList<>();
      for (int input : network.nodes().get(value - 1).inputs()) {
        int root = root(input);
        targets.add(
            root == 0
                ? Optional.empty()
                : Optional.of(new InputGradient(gradient(input), !written.add(root))));
      }
      kernels
          .get(value)
          .backward(
              batch,
              inputsOf(value),
              values.get(value),
              gradients.get(value),
              targets,
              weights,
              parameterGradients);
    }
  }

  /** The value whose memory a value shares: itself, unless a reshape made it. */
  private int root(int value) {
    int root = value;
    while (root > 0 && network.nodes().get(root - 1).operator().onlyReshapes()) {
      root = network.nodes().get(root - 1).inputs().get(0);
    }
    return root;
  }

  private List<Tensor> inputsOf(int value) {
    return network.nodes().get(value - 1).inputs().stream().map(this::value).toList();
  }

  @Override
  public void close() {
    kernels.values().forEach(Kernel::close);
    owned.forEach(Tensor::close);
  }
}
