package org.rebasin.model.tensor;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Moments of two sets of channels over the same samples, which come in batches: count, means,
 * variances, and the centred co-moments {@code Σ(a_i − μ_i)(b_j − ν_j)}. Parts computed apart
 * combine pairwise (Chan, Golub and LeVeque, 1983), in a given order always to the same bits.
 *
 * <p>Products are single precision, of values shifted by a mean known so far, and go to sums of 48
 * bits every 65536 samples: the error of a co-moment is about 10⁻⁶ of {@code count·σ_i·τ_j},
 * whatever the means. A batch costs one product of {@code [n, samples]} and {@code [samples, n]}
 * and one pass over the samples. Memory: two to eight {@code [n, n]} matrices and two more. Owns
 * it; close it. For one thread at a time.
 */
public final class CoMoments implements AutoCloseable {
  /** Samples whose products are added in single precision. */
  private static final int FLUSH = 1 << 16;

  private static final List<String> NAMES =
      List.of("count", "mean_a", "square_a", "mean_b", "square_b");
  private static final String COMOMENT = "comoment";

  private final int channels;
  private final ChannelMoments first;
  private final ChannelMoments second;
  private final PairedFloats products;
  private final Slot[] slots;
  private float[] firstShift = {};
  private float[] secondShift = {};
  private int pending;

  /** No samples yet, of {@code channels} on either side. */
  public CoMoments(int channels) {
    this(
        new ChannelMoments(channels),
        new ChannelMoments(channels),
        new PairedFloats(channels, channels));
  }

  private CoMoments(ChannelMoments first, ChannelMoments second, PairedFloats products) {
    this.channels = first.channels();
    this.first = first;
    this.second = second;
    this.products = products;
    this.slots = new Slot[channels <= 256 ? 8 : channels <= 1024 ? 4 : 2];
    for (int slot = 0; slot < slots.length; slot++) {
      slots[slot] = new Slot(channels);
    }
  }

  /**
   * A part of each batch, always the same one of it: parts are multiplied side by side, and each
   * adds up its own products.
   */
  private static final class Slot {
    final ShiftedSums first;
    final ShiftedSums second;
    final Tensor products;

    Slot(int channels) {
      this.first = new ShiftedSums(channels);
      this.second = new ShiftedSums(channels);
      this.products = Tensor.allocate(channels, channels);
    }

    void add(
        FloatBuffer a,
        FloatBuffer b,
        int from,
        int rows,
        CoMoments moments,
        Workspace.Space space) {
      int channels = moments.channels;
      int step = space.rows(channels);
      for (int done = 0; done < rows; done += step) {
        int count = Math.min(step, rows - done);
        float beta = first.count() == 0 ? 0 : 1;
        first.add(a, from + done, count, moments.firstShift, Optional.of(space.first()));
        second.add(b, from + done, count, moments.secondShift, Optional.of(space.second()));
        Gemm.multiplyTile(
            Matrix.of(space.first(), count, channels).transpose(),
            Matrix.of(space.second(), count, channels),
            beta,
            products.matrix());
      }
    }
  }

  /**
   * Scratch memory for shifted values, which the moments of several sets of channels share. Owns
   * it; close it.
   */
  public static final class Workspace implements AutoCloseable {
    private static final int ELEMENTS = 1 << 16;
    private static final int ROWS = 256;
    private final Space[] spaces = new Space[8];
    private final Tensor memory;

    /** Room for moments of up to {@code channels} channels. */
    public Workspace(int channels) {
      int size = Math.max(ELEMENTS, ROWS * channels);
      this.memory = Tensor.allocate(spaces.length, 2, size);
      for (int i = 0; i < spaces.length; i++) {
        spaces[i] =
            new Space(
                memory.values().slice(2 * i * size, size),
                memory.values().slice((2 * i + 1) * size, size));
      }
    }

    /** Two stretches of the same size. */
    private record Space(FloatBuffer first, FloatBuffer second) {
      int rows(int channels) {
        return Math.max(ROWS, ELEMENTS / channels);
      }
    }

    @Override
    public void close() {
      memory.close();
    }
  }

  /**
   * Adds a batch.
   *
   * @param a of which the first are {@code [samples, channels]}
   * @param b the same samples
   * @param workspace for at least as many channels
   */
  public void add(FloatBuffer a, FloatBuffer b, int samples, Workspace workspace) {
    if (pending == 0) {
      boolean none = first.count() == 0;
      firstShift = none ? ShiftedSums.firstShift(a, channels, samples) : first.shift();
      secondShift = none ? ShiftedSums.firstShift(b, channels, samples) : second.shift();
    }
    // Depends on sizes alone, and so do the bits of the result.
    int rows = Math.max(32, (samples + slots.length - 1) / slots.length);
    Parallel.forEach(
        (samples + rows - 1) / rows,
        slot ->
            slots[slot].add(
                a,
                b,
                slot * rows,
                Math.min(rows, samples - slot * rows),
                this,
                workspace.spaces[slot]));
    pending = Math.addExact(pending, samples);
    if (pending >= FLUSH) {
      flush();
    }
  }

  /** Brings what the slots hold into the moments. */
  private void flush() {
    if (pending == 0) {
      return;
    }
    ShiftedSums a = new ShiftedSums(channels);
    ShiftedSums b = new ShiftedSums(channels);
    for (Slot slot : slots) {
      a.add(slot.first);
      b.add(slot.second);
    }
    combine(
        a.moments(firstShift),
        b.moments(secondShift),
        (row, target) -> {
          float[] part = new float[channels];
          for (Slot slot : slots) {
            if (slot.first.count() > 0) {
              slot.products.values().get(row * channels, part);
              for (int c = 0; c < channels; c++) {
                target[c] += part[c];
              }
            }
          }
          double mean = a.sum(row) / a.count();
          for (int c = 0; c < channels; c++) {
            target[c] -= mean * b.sum(c);
          }
        });
    for (Slot slot : slots) {
      slot.first.clear();
      slot.second.clear();
    }
    pending = 0;
  }

  /** Adds one row of other samples' co-moments to {@code target}. */
  @FunctionalInterface
  private interface RowOfCoMoments {
    void addTo(int row, double[] target);
  }

  private void combine(ChannelMoments a, ChannelMoments b, RowOfCoMoments others) {
    double weight = (double) first.count() * a.count() / (first.count() + a.count());
    double[] difference = new double[channels];
    for (int c = 0; c < channels; c++) {
      difference[c] = b.mean(c) - second.mean(c);
    }
    Parallel.forEachStretch(
        channels,
        16,
        (from, length) -> {
          double[] sums = new double[channels];
          for (int row = from; row < from + length; row++) {
            products.read(row * channels, sums);
            others.addTo(row, sums);
            double factor = (a.mean(row) - first.mean(row)) * weight;
            for (int c = 0; c < channels; c++) {
              sums[c] += factor * difference[c];
            }
            products.write(row * channels, sums);
          }
        });
    first.combine(a);
    second.combine(b);
  }

  /**
   * Adds all samples of another part.
   *
   * @throws IllegalArgumentException if it has other channels
   */
  public void combine(CoMoments later) {
    first.requireChannels(later.channels);
    flush();
    later.flush();
    if (later.count() == 0) {
      return;
    }
    combine(
        later.first,
        later.second,
        (row, target) -> {
          double[] others = new double[channels];
          later.products.read(row * channels, others);
          for (int c = 0; c < channels; c++) {
            target[c] += others[c];
          }
        });
  }

  /** The number of channels on either side. */
  public int channels() {
    return channels;
  }

  /** The number of samples. */
  public long count() {
    return first.count() + pending;
  }

  /** The moments of the first set of channels so far; changes with further samples. */
  public ChannelMoments first() {
    flush();
    return first;
  }

  /** The moments of the second set of channels so far; changes with further samples. */
  public ChannelMoments second() {
    flush();
    return second;
  }

  /** {@code Σ(a_i − μ_i)(b_j − ν_j)}. */
  public double coMoment(int i, int j) {
    flush();
    return products.get(i * channels + j);
  }

  /** Row {@code i} of the co-moments. */
  public double[] coMoments(int i) {
    flush();
    double[] row = new double[channels];
    products.read(i * channels, row);
    return row;
  }

  /**
   * Everything as float tensors, each number as a pair: {@code count [2]}, {@code mean_a}, {@code
   * square_a}, {@code mean_b}, {@code square_b} {@code [2, n]} and {@code comoment [2, n, n]}. The
   * last one is this object's own memory.
   */
  public Map<String, Tensor> tensors() {
    flush();
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put(NAMES.get(0), PairedFloats.tensor(new double[] {first.count()}));
    tensors.put(NAMES.get(1), PairedFloats.tensor(first.means(), channels));
    tensors.put(NAMES.get(2), PairedFloats.tensor(first.squares(), channels));
    tensors.put(NAMES.get(3), PairedFloats.tensor(second.means(), channels));
    tensors.put(NAMES.get(4), PairedFloats.tensor(second.squares(), channels));
    tensors.put(COMOMENT, Tensor.over(products.halves().values(), 2, channels, channels));
    return tensors;
  }

  /**
   * The moments that {@link #tensors} gave, to the bit; copies.
   *
   * @param tensors by name
   * @throws IllegalArgumentException if a tensor has another shape
   */
  public static CoMoments of(int channels, Function<String, Tensor> tensors) {
    double[][] numbers = new double[NAMES.size()][];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] =
          PairedFloats.numbers(
              require(NAMES.get(i), tensors, i == 0 ? new int[] {2} : new int[] {2, channels}));
    }
    Tensor stored = require(COMOMENT, tensors, 2, channels, channels);
    long count = (long) numbers[0][0];
    PairedFloats products = new PairedFloats(channels, channels);
    products.halves().copyFrom(stored);
    return new CoMoments(
        new ChannelMoments(count, numbers[1], numbers[2]),
        new ChannelMoments(count, numbers[3], numbers[4]),
        products);
  }

  private static Tensor require(String name, Function<String, Tensor> tensors, int... shape) {
    Tensor tensor = tensors.apply(name);
    if (!Arrays.equals(tensor.shape(), shape)) {
      throw new IllegalArgumentException(
          "%s: expected shape %s, found %s"
              .formatted(name, Arrays.toString(shape), Arrays.toString(tensor.shape())));
    }
    return tensor;
  }

  @Override
  public void close() {
    products.close();
    for (Slot slot : slots) {
      slot.products.close();
    }
  }
}
