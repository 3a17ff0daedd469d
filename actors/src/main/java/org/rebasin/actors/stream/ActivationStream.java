package org.rebasin.actors.stream;

import akka.Done;
import akka.NotUsed;
import akka.stream.ActorAttributes;
import akka.stream.Attributes;
import akka.stream.FlowShape;
import akka.stream.Materializer;
import akka.stream.UniformFanInShape;
import akka.stream.UniformFanOutShape;
import akka.stream.javadsl.Broadcast;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.GraphDSL;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import akka.stream.javadsl.ZipN;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.rebasin.actors.telemetry.StreamMetrics;
import org.rebasin.model.data.Batch;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.data.Normalization;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Weights;

/**
 * Sends the same batches through two networks side by side and hands on both networks' activations:
 * {@code batches → forward A ∥ forward B → zip → accumulate}. A slow reader slows the forward
 * passes: whatever the number of images, there are never more than {@link #BOUND} pairs of
 * activations. Owns them; close it once the stream has ended or was abandoned.
 */
public final class ActivationStream implements AutoCloseable {
  /** Batches in flight at most: one filled, one in the passes, one that waits, one being read. */
  public static final int BOUND = 4;

  private final Network network;
  private final Weights a;
  private final Weights b;
  private final LabelledImages images;
  private final int from;
  private final int to;
  private final int batchSize;
  private final Normalization normalization;

  private final InFlight inFlight = new InFlight(StreamMetrics.ACTIVATIONS);
  private final ConcurrentLinkedQueue<Pass> free = new ConcurrentLinkedQueue<>();
  private final List<Pass> owned = new ArrayList<>();

  // Held for reading by whatever uses the memory, so that closing waits for a stage that still
  // runs.
  private final ReadWriteLock usage = new ReentrantReadWriteLock();
  private boolean closed;

  /**
   * The activations of the images from {@code from} up to {@code to}, exclusive, in their order.
   *
   * @param a one network's weights, open until this is closed; as {@code b}
   * @param batchSize images that pass at a time
   */
  public ActivationStream(
      Network network,
      Weights a,
      Weights b,
      LabelledImages images,
      int from,
      int to,
      int batchSize,
      Normalization normalization) {
    this.network = network;
    this.a = a;
    this.b = b;
    this.images = images;
    this.from = from;
    this.to = to;
    this.batchSize = Math.min(batchSize, to - from);
    this.normalization = normalization;
  }

  /** A batch with the memory for both networks' activations. */
  private static final class Pass implements AutoCloseable {
    final Batch batch;
    final Execution first;
    final Execution second;

    Pass(Batch batch, Execution first, Execution second) {
      this.batch = batch;
      this.first = first;
      this.second = second;
    }

    @Override
    public void close() {
      batch.close();
      first.close();
      second.close();
    }
  }

  /** Takes the activations of a batch of {@code count} examples, valid until it returns. */
  @FunctionalInterface
  public interface Reader {
    /** Reads both. */
    void read(Execution a, Execution b, int count);
  }

  /** The batches that are in the stream. */
  public InFlight inFlight() {
    return inFlight;
  }

  /**
   * Runs all batches. To be called once.
   *
   * @param dispatcher on which the stages run
   */
  public CompletionStage<Done> run(Reader reader, String dispatcher, Materializer materializer) {
    return Source.range(0, (to - from - 1) / batchSize)
        .map(this::fill)
        .via(StreamMetrics.ACTIVATIONS.meter(pass -> 4L * pass.batch.inputs().size()))
        .async()
        .via(Flow.fromGraph(passes()))
        .map(
            pass ->
                using(
                    () -> {
                      reader.read(pass.first, pass.second, pass.batch.count());
                      return pass;
                    }))
        .map(this::giveBack)
        .addAttributes(Attributes.inputBuffer(1, 1))
        .withAttributes(ActorAttributes.dispatcher(dispatcher).and(Attributes.inputBuffer(1, 1)))
        .runWith(Sink.ignore(), materializer);
  }

  /** Both forward passes of a batch, each in a stage of its own. */
  private akka.stream.Graph<FlowShape<Pass, Pass>, NotUsed> passes() {
    return GraphDSL.create(
        builder -> {
          UniformFanOutShape<Pass, Pass> split = builder.add(Broadcast.create(2));
          UniformFanInShape<Pass, List<Pass>> zip = builder.add(ZipN.create(2));
          FlowShape<List<Pass>, Pass> one =
              builder.add(Flow.<List<Pass>>create().map(both -> both.get(0)));
          builder.from(split.out(0)).via(builder.add(forward(true))).toInlet(zip.in(0));
          builder.from(split.out(1)).via(builder.add(forward(false))).toInlet(zip.in(1));
          builder.from(zip.out()).toInlet(one.in());
          return FlowShape.of(split.in(), one.out());
        });
  }

  private Flow<Pass, Pass, NotUsed> forward(boolean first) {
    return Flow.of(Pass.class)
        .map(
            pass ->
                using(
                    () -> {
                      Execution execution = first ? pass.first : pass.second;
                      execution.forward(first ? a : b, pass.batch.inputs(), pass.batch.count());
                      return pass;
                    }))
        .async();
  }

  private Pass fill(int number) {
    inFlight.entered();
    return using(
        () -> {
          Pass pass = take();
          int start = from + number * batchSize;
          pass.batch.fill(images, start, Math.min(batchSize, to - start));
          return pass;
        });
  }

  private Pass take() {
    Pass pass = free.poll();
    if (pass == null) {
      pass =
          new Pass(
              new Batch(images.shape(), batchSize, normalization),
              Execution.forInference(network, batchSize),
              Execution.forInference(network, batchSize));
      synchronized (owned) {
        owned.add(pass);
      }
    }
    return pass;
  }

  private Done giveBack(Pass pass) {
    free.add(pass);
    inFlight.left();
    return Done.getInstance();
  }

  private <T> T using(Supplier<T> work) {
    usage.readLock().lock();
    try {
      if (closed) {
        throw new CancellationException("the stream of activations was closed");
      }
      return work.get();
    } finally {
      usage.readLock().unlock();
    }
  }

  /** Frees all memory. A stage that still runs, in a stream that failed, is waited for. */
  @Override
  public void close() {
    usage.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        inFlight.close();
        owned.forEach(Pass::close);
      }
    } finally {
      usage.writeLock().unlock();
    }
  }
}
