package org.rebasin.actors.stream;

import akka.NotUsed;
import akka.stream.Attributes;
import akka.stream.OverflowStrategy;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.rebasin.actors.telemetry.StreamMetrics;
import org.rebasin.model.data.Augmentation;
import org.rebasin.model.data.AugmentationPass;
import org.rebasin.model.data.Batch;
import org.rebasin.model.data.BatchOrder;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.data.Normalization;

/**
 * Training batches, made ready ahead of the step that uses them, and never more than {@link
 * #bound()} of them: when the step is slow, filling stops. The reader gives each batch back, and
 * its memory is used again. Owns that memory; close it once the stream has ended or was abandoned.
 */
public final class BatchStream implements AutoCloseable {
  /** Batches that wait, ready, between filling and the step. */
  private static final int PREFETCHED = 2;

  private final LabelledImages images;
  private final int batchSize;
  private final int epochs;
  private final long seed;
  private final Normalization normalization;
  private final Augmentation augmentation;
  private final InFlight inFlight = new InFlight(StreamMetrics.BATCHES);
  private final List<Batch> owned = new ArrayList<>();
  private final ConcurrentLinkedQueue<Batch> free = new ConcurrentLinkedQueue<>();
  private boolean closed;

  /**
   * The batches of a whole training run.
   *
   * @param images shuffled anew in each epoch, by {@code seed} and the epoch alone
   */
  public BatchStream(LabelledImages images, int batchSize, int epochs, long seed) {
    this(images, batchSize, epochs, seed, Normalization.NONE, Augmentation.NONE);
  }

  /**
   * The batches of a whole training run, prepared.
   *
   * @param images shuffled and augmented anew in each epoch, by {@code seed} and the epoch alone
   */
  public BatchStream(
      LabelledImages images,
      int batchSize,
      int epochs,
      long seed,
      Normalization normalization,
      Augmentation augmentation) {
    this.images = images;
    this.batchSize = Math.min(batchSize, images.size());
    this.epochs = epochs;
    this.seed = seed;
    this.normalization = normalization;
    this.augmentation = augmentation;
  }

  /**
   * A batch in its place.
   *
   * @param epoch counted from 1
   * @param last whether it is the epoch's last
   * @param batch to be given back by {@link #giveBack}
   */
  public record Ready(int epoch, boolean last, Batch batch) {}

  private record Place(int epoch, BatchOrder order, int batch) {}

  /** The most batches in flight: one being filled, those that wait, and one in the step. */
  public static int bound() {
    return PREFETCHED + 2;
  }

  /** The most examples in a batch. */
  public int capacity() {
    return batchSize;
  }

  /** Steps of one epoch. */
  public int batchesPerEpoch() {
    return (images.size() + batchSize - 1) / batchSize;
  }

  /** The batches that are in the stream or in the step. */
  public InFlight inFlight() {
    return inFlight;
  }

  /** The batches in order. Filling runs beside whatever reads the source. */
  public Source<Ready, NotUsed> source() {
    return Source.range(1, epochs)
        .mapConcat(this::places)
        .map(this::fill)
        .via(StreamMetrics.BATCHES.meter(ready -> 4L * ready.batch().inputs().size()))
        .async()
        .via(
            Flow.of(Ready.class)
                .buffer(PREFETCHED - 1, OverflowStrategy.backpressure())
                .addAttributes(Attributes.inputBuffer(1, 1)));
  }

  private Iterable<Place> places(int epoch) {
    BatchOrder order = BatchOrder.shuffled(images.size(), batchSize, seed, epoch);
    return () ->
        IntStream.range(0, order.batches())
            .mapToObj(batch -> new Place(epoch, order, batch))
            .iterator();
  }

  private Ready fill(Place place) {
    inFlight.entered();
    Batch batch = take();
    synchronized (batch) {
      batch.fill(
          images,
          place.order(),
          place.batch(),
          new AugmentationPass(augmentation, seed, place.epoch()));
    }
    return new Ready(place.epoch(), place.batch() == place.order().batches() - 1, batch);
  }

  private Batch take() {
    Batch batch = free.poll();
    return batch == null ? allocate() : batch;
  }

  private synchronized Batch allocate() {
    if (closed) {
      throw new IllegalStateException("the stream of batches was closed");
    }
    Batch batch = new Batch(images.shape(), batchSize, normalization);
    owned.add(batch);
    return batch;
  }

  /** Says that a batch was used; its memory will hold a later one. */
  public void giveBack(Ready ready) {
    free.add(ready.batch());
    inFlight.left();
  }

  /** Frees all batches. One that is being filled, in a stream that was abandoned, is waited for. */
  @Override
  public synchronized void close() {
    closed = true;
    inFlight.close();
    for (Batch batch : owned) {
      synchronized (batch) {
        batch.close();
      }
    }
  }
}
