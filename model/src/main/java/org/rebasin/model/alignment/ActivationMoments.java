package org.rebasin.model.alignment;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.PermutationGroup;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.tensor.CoMoments;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * The moments between the activations of two networks over the same examples, for each permutation
 * group: what activation matching (Git Re-Basin, section 3.1) needs of the data. Batches are added
 * as they come; shards computed apart combine, in a given order always to the same bits, and can be
 * stored without loss in between.
 *
 * <p>Each position of an image is a sample, and the several values of a residual stream add their
 * samples ({@link ActivationValues}). Memory depends on the widths and the batch, not on the number
 * of examples: about {@code 6·n²} floats for a group of {@code n} units. Owns it; close it. For one
 * thread at a time.
 */
public final class ActivationMoments implements AutoCloseable {
  private final Network network;
  private final List<PermutationGroup> groups;
  private final ActivationValues values;
  private final Map<Integer, Integer> groupOfValue = new HashMap<>();
  private final List<CoMoments> moments = new ArrayList<>();
  private final Scratch scratch = new Scratch();
  private Optional<CoMoments.Workspace> workspace = Optional.empty();

  private ActivationMoments(PermutationSpec spec, Network network) {
    this.network = network;
    this.groups = spec.groups();
    this.values = ActivationValues.of(spec, network);
    for (int group = 0; group < groups.size(); group++) {
      for (int value : values.byGroup().get(group)) {
        groupOfValue.put(value, group);
      }
    }
  }

  /**
   * No examples yet.
   *
   * @param spec of the network
   */
  public static ActivationMoments of(PermutationSpec spec, Network network) {
    ActivationMoments none = new ActivationMoments(spec, network);
    none.groups.forEach(group -> none.moments.add(new CoMoments(group.size())));
    return none;
  }

  /** The values whose activations count. */
  public ActivationValues values() {
    return values;
  }

  /**
   * Adds the batch that both networks have just seen.
   *
   * @param a the reference after a forward pass
   * @param b the other after a forward pass of the same batch
   * @param count examples in it
   */
  public void add(Execution a, Execution b, int count) {
    for (int value : values.all()) {
      add(value, a.value(value), b.value(value), count);
    }
  }

  /**
   * Adds a batch of one of {@link #values}, wherever it was computed. The values of a batch are
   * added in ascending order, if the result shall have the same bits as that of {@link
   * #add(Execution, Execution, int)}.
   *
   * @param a the reference's value, in the order in which an {@link Execution} holds it: {@code
   *     [count or more, units]} or {@code [count or more, height, width, channels]}
   * @param b the other's
   * @param count examples in it
   * @throws IllegalArgumentException if no group counts this value, or a tensor has too few
   *     elements
   */
  public void add(int value, Tensor a, Tensor b, int count) {
    Integer group = groupOfValue.get(value);
    if (group == null) {
      throw new IllegalArgumentException(
          "expected one of the values %s, found %d".formatted(values.all(), value));
    }
    int elements = network.shape(value).stream().reduce(1, Math::multiplyExact);
    requireRoom(value, a, count, elements);
    requireRoom(value, b, count, elements);
    int units = groups.get(group).size();
    int samples = Math.multiplyExact(count, elements / units);
    int block = network.shape(value).get(0) / units;
    FloatBuffer first = block == 1 ? a.values() : scratch.first(a, samples, units, block);
    FloatBuffer second = block == 1 ? b.values() : scratch.second(b, samples, units, block);
    moments.get(group).add(first, second, samples, workspace());
  }

  private void requireRoom(int value, Tensor tensor, int count, int elements) {
    if (count < 1 || tensor.size() < (long) count * elements) {
      throw new IllegalArgumentException(
          "value %d: expected at least one and at most %d examples of shape %s, found %d in %s"
              .formatted(
                  value,
                  tensor.size() / elements,
                  network.shape(value),
                  count,
                  Arrays.toString(tensor.shape())));
    }
  }

  private CoMoments.Workspace workspace() {
    if (workspace.isEmpty()) {
      int widest = groups.stream().mapToInt(PermutationGroup::size).max().orElse(1);
      workspace = Optional.of(new CoMoments.Workspace(widest));
    }
    return workspace.get();
  }

  /**
   * Adds all examples of a later shard.
   *
   * @throws IllegalArgumentException if it belongs to another network
   */
  public void combine(ActivationMoments later) {
    if (!groups.equals(later.groups)) {
      throw new IllegalArgumentException(
          "expected moments of %s, found those of %s"
              .formatted(network.architecture(), later.network.architecture()));
    }
    for (int group = 0; group < moments.size(); group++) {
      moments.get(group).combine(later.moments.get(group));
    }
  }

  /** The moments of one group of the spec; this object owns them. */
  public CoMoments moments(int group) {
    return moments.get(group);
  }

  /**
   * All moments as float tensors, to be stored. They share this object's memory: valid until it
   * changes or is closed.
   */
  public Weights toWeights() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (int group = 0; group < groups.size(); group++) {
      String prefix = groups.get(group).name() + ".";
      moments.get(group).tensors().forEach((name, tensor) -> tensors.put(prefix + name, tensor));
    }
    return new Weights(tensors);
  }

  /**
   * The moments that {@link #toWeights} gave, to the bit; copies.
   *
   * @throws IllegalArgumentException if they are those of another network
   */
  public static ActivationMoments fromWeights(
      PermutationSpec spec, Network network, Weights stored) {
    ActivationMoments read = new ActivationMoments(spec, network);
    try {
      for (PermutationGroup group : read.groups) {
        read.moments.add(CoMoments.of(group.size(), name -> stored.get(group.name() + "." + name)));
      }
      return read;
    } catch (RuntimeException problem) {
      read.close();
      throw problem;
    }
  }

  @Override
  public void close() {
    moments.forEach(CoMoments::close);
    workspace.ifPresent(CoMoments.Workspace::close);
    scratch.close();
  }

  /**
   * Activations of which each unit has several neighbouring elements, as a flattening or a
   * depthwise convolution makes them, with one element a sample: {@code [rows, units, block]} to
   * {@code [rows·block, units]}.
   */
  private static final class Scratch implements AutoCloseable {
    private final Map<Boolean, Tensor> memory = new HashMap<>();

    FloatBuffer first(Tensor from, int samples, int units, int block) {
      return transposed(true, from, samples, units, block);
    }

    FloatBuffer second(Tensor from, int samples, int units, int block) {
      return transposed(false, from, samples, units, block);
    }

    private FloatBuffer transposed(boolean side, Tensor from, int samples, int units, int block) {
      int length = units * block;
      Tensor target = memory.get(side);
      if (target == null || target.size() < samples * units) {
        if (target != null) {
          target.close();
        }
        target = Tensor.allocate(samples, units);
        memory.put(side, target);
      }
      FloatBuffer to = target.values();
      Parallel.forEach(
          samples / block,
          row -> {
            float[] read = new float[length];
            float[] written = new float[length];
            from.values().get(row * length, read);
            for (int unit = 0; unit < units; unit++) {
              for (int element = 0; element < block; element++) {
                written[element * units + unit] = read[unit * block + element];
              }
            }
            to.put(row * length, written);
          });
      return to;
    }

    @Override
    public void close() {
      memory.values().forEach(Tensor::close);
    }
  }
}
