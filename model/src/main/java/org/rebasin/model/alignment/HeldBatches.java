package org.rebasin.model.alignment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rebasin.model.network.CrossEntropy;
import org.rebasin.model.network.Execution;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Copies of the first batches of a run, to judge candidates by: losses on the same examples differ
 * by the candidates alone, where those of one batch each differ more by their examples. Owns the
 * copies, 64 MiB at most but for a single batch; close it. For one thread.
 */
final class HeldBatches implements AutoCloseable {
  /** Examples that suffice: more tell candidates apart no better than their number would. */
  private static final int ENOUGH_EXAMPLES = 10_000;

  /** Batches after which a model may be given up. */
  private static final int FEWEST = 3;

  private static final int MOST_ELEMENTS = 16 << 20;

  private final int capacity;
  private final List<Held> held = new ArrayList<>();

  private record Held(Tensor input, int[] labels, int count) {}

  /**
   * Takes no memory yet.
   *
   * @param mostBatches how many to keep at most
   * @param examples in a batch at most
   * @param elements of one example
   */
  HeldBatches(int mostBatches, int examples, int elements) {
    int enough = (ENOUGH_EXAMPLES + examples - 1) / examples;
    long room = MOST_ELEMENTS / ((long) examples * elements);
    this.capacity = (int) Math.max(1, Math.min(room, Math.min(mostBatches, enough)));
  }

  /** How many batches there will be. */
  int capacity() {
    return capacity;
  }

  /** How many there are. */
  int size() {
    return held.size();
  }

  /** Copies a batch if there is room. */
  void offer(Tensor input, int[] labels, int count) {
    if (held.size() < capacity) {
      Tensor copy = Tensor.allocate(input.shape());
      held.add(new Held(copy, labels.clone(), count));
      copy.copyFrom(input);
    }
  }

  /**
   * The mean losses of a model on the batches, one after the other; fewer than there are if it
   * turns out to lose more than another model.
   *
   * @param best the other model's losses; empty to see all batches
   */
  double[] losses(Execution execution, Weights weights, double[] best) {
    double[] losses = new double[held.size()];
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < losses.length; i++) {
      Held batch = held.get(i);
      Tensor logits = execution.forward(weights, batch.input(), batch.count());
      losses[i] =
          CrossEntropy.evaluate(logits, batch.labels(), batch.count()).lossSum() / batch.count();
      if (best.length > 0) {
        double behind = losses[i] - best[i];
        sum += behind;
        squares += behind * behind;
        if (i + 1 >= FEWEST && isAboveZero(sum, squares, i + 1)) {
          return Arrays.copyOf(losses, i + 1);
        }
      }
    }
    return losses;
  }

  /** Whether a mean is above zero by more than three of its standard errors. */
  private static boolean isAboveZero(double sum, double squares, int count) {
    double mean = sum / count;
    double variance = (squares / count - mean * mean) / (count - 1);
    return mean > 0 && mean * mean > 9 * variance;
  }

  @Override
  public void close() {
    held.forEach(batch -> batch.input().close());
  }
}
