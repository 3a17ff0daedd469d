package org.rebasin.actors.telemetry;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * All metrics of this process, each made once and by name. Names, types and labels are those of
 * METRICS.md, which a test compares with this list.
 */
final class Metrics {
  /** Where the instruments are kept that {@code /metrics} shows. */
  static final PrometheusRegistry REGISTRY = new PrometheusRegistry();

  private static final Map<String, Declaration> DECLARED = new ConcurrentHashMap<>();

  private Metrics() {}

  /** What a metric is, as Prometheus names it. */
  enum Type {
    COUNTER,
    GAUGE,
    HISTOGRAM;

    /** The name in the text format. */
    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A metric's name, with {@code _total} where it counts, and what goes with it. */
  record Declaration(String name, Type type, List<String> labels, String help) {}

  /** All metrics of the classes that were used so far, by name. */
  static Map<String, Declaration> declared() {
    return new TreeMap<>(DECLARED);
  }

  /** Makes all metrics known, whether anything was counted or not. */
  static void declareAll() {
    TaskMetrics.declare();
    ActorMetrics.declare();
    DispatcherMetrics.declare();
    AlignmentMetrics.declare();
    MergeMetrics.declare();
    TransferMetrics.declare();
    StreamMetrics.declare();
    StoreMetrics.declare();
    JournalMetrics.declare();
    MemoryMetrics.declare();
    WireMetrics.declare();
    FederationMetrics.declare();
  }

  static Declaration declare(String name, Type type, String help, String... labels) {
    Declaration declaration = new Declaration(name, type, List.of(labels), help);
    if (DECLARED.putIfAbsent(name, declaration) != null) {
      throw new IllegalStateException("the metric " + name + " is declared twice");
    }
    return declaration;
  }

  static Counter counter(String name, String help, String... labels) {
    declare(name, Type.COUNTER, help, labels);
    return Counter.builder().name(name).help(help).labelNames(labels).register(REGISTRY);
  }

  static Gauge gauge(String name, String help, String... labels) {
    declare(name, Type.GAUGE, help, labels);
    return Gauge.builder().name(name).help(help).labelNames(labels).register(REGISTRY);
  }

  /** A gauge that is measured when it is read. */
  static void gauge(
      String name, String help, Consumer<GaugeWithCallback.Callback> measure, String... labels) {
    declare(name, Type.GAUGE, help, labels);
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames(labels)
        .callback(measure)
        .register(REGISTRY);
  }

  /** A counter whose value is kept elsewhere. */
  static void counter(
      String name, String help, Consumer<CounterWithCallback.Callback> measure, String... labels) {
    declare(name, Type.COUNTER, help, labels);
    CounterWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames(labels)
        .callback(measure)
        .register(REGISTRY);
  }

  static Histogram histogram(String name, String help, double[] upperBounds, String... labels) {
    declare(name, Type.HISTOGRAM, help, labels);
    return Histogram.builder()
        .name(name)
        .help(help)
        .labelNames(labels)
        .classicOnly()
        .classicUpperBounds(upperBounds)
        .register(REGISTRY);
  }
}
