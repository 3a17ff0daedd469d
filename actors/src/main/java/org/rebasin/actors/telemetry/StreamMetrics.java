package org.rebasin.actors.telemetry;

import akka.NotUsed;
import akka.stream.javadsl.Flow;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;

/** The elements of one kind of stream, of all streams of the kind on this node. Thread-safe. */
public enum StreamMetrics {
  /** Training batches, {@code stream="batches"}. */
  BATCHES("batches"),
  /** Batches on their way through two networks, {@code stream="activations"}. */
  ACTIVATIONS("activations"),
  /** Chunks of activations that are sent to another node, {@code stream="activation-chunks"}. */
  ACTIVATION_CHUNKS("activation-chunks"),
  /** Tensors of models that are averaged, {@code stream="tensors"}. */
  TENSORS("tensors");

  /** Not in the enumeration's own initialisation, which its constants precede. */
  private static final class Instruments {
    static final Counter ELEMENTS =
        Metrics.counter(
            "rebasin_stream_elements_total", "Elements that streams produced.", "stream");
    static final Counter BYTES =
        Metrics.counter(
            "rebasin_stream_bytes_total", "Bytes of the elements that streams produced.", "stream");
    static final Counter PRODUCING =
        Metrics.counter(
            "rebasin_stream_producing_seconds_total",
            "Time that the first stage took to produce elements.",
            "stream");
    static final Counter BACKPRESSURE =
        Metrics.counter(
            "rebasin_stream_backpressure_seconds_total",
            "Time for which the first stage waited, because later ones were behind.",
            "stream");
    static final Gauge IN_FLIGHT =
        Metrics.gauge("rebasin_stream_in_flight", "Elements that streams hold.", "stream");
    static final Gauge HIGH_WATER =
        Metrics.gauge(
            "rebasin_stream_in_flight_high_water",
            "The most elements that one stream held at once since the node started.",
            "stream");

    static {
      for (StreamMetrics each : values()) {
        ELEMENTS.initLabelValues(each.text);
        BYTES.initLabelValues(each.text);
        PRODUCING.initLabelValues(each.text);
        BACKPRESSURE.initLabelValues(each.text);
        IN_FLIGHT.initLabelValues(each.text);
        HIGH_WATER.initLabelValues(each.text);
      }
    }

    static void load() {}
  }

  private final String text;
  private final AtomicLong highWater = new AtomicLong();

  StreamMetrics(String text) {
    this.text = text;
  }

  static void declare() {
    Instruments.load();
  }

  /**
   * Measures what passes, and for how long it is held back; belongs between the stage that produces
   * and the buffer behind it. Changes nothing and holds nothing.
   *
   * @param bytes of an element
   */
  public <T> Flow<T, T, NotUsed> meter(ToLongFunction<T> bytes) {
    return Flow.fromGraph(new StreamMeter<>(this, bytes));
  }

  void produced(long bytes, long nanoseconds) {
    Instruments.ELEMENTS.labelValues(text).inc();
    Instruments.BYTES.labelValues(text).inc(bytes);
    Instruments.PRODUCING.labelValues(text).inc(nanoseconds / 1e9);
  }

  void heldBack(long nanoseconds) {
    Instruments.BACKPRESSURE.labelValues(text).inc(nanoseconds / 1e9);
  }

  /** A stream holds so many more elements, or fewer. */
  public void inFlight(int change) {
    Instruments.IN_FLIGHT.labelValues(text).inc(change);
  }

  /** A stream held so many elements at once. */
  public void highWater(int elements) {
    if (elements > highWater.getAndAccumulate(elements, Math::max)) {
      Instruments.HIGH_WATER.labelValues(text).set(highWater.get());
    }
  }
}
