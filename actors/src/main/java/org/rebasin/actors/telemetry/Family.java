package org.rebasin.actors.telemetry;

import static scala.jdk.javaapi.CollectionConverters.asJava;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import kamon.metric.Distribution;

/** One metric that is fed by Kamon, with all of its labels' values. Not thread-safe. */
final class Family {
  private static final double[] BOUNDS = Buckets.MESSAGE_SECONDS;
  private static final double NANOSECONDS = 1e9;

  private final Metrics.Declaration declaration;
  private final Map<String, Series> series = new TreeMap<>();

  /** What was measured under one combination of labels. */
  private static final class Series {
    final Labels labels;
    final long[] buckets = new long[BOUNDS.length + 1];
    double value;

    /** Of the last interval alone. */
    long times;

    double seconds;

    Series(Labels labels) {
      this.labels = labels;
    }
  }

  Family(Metrics.Declaration declaration) {
    this.declaration = declaration;
  }

  private Series series(List<String> labels) {
    return series.computeIfAbsent(
        String.join("\n", labels), key -> new Series(Labels.of(declaration.labels(), labels)));
  }

  /** The values of all labels under which something was measured. */
  Set<List<String>> labels() {
    Set<List<String>> all = new LinkedHashSet<>();
    for (Series each : series.values()) {
      all.add(declaration.labels().stream().map(each.labels::get).toList());
    }
    return all;
  }

  /** A level, or what was counted; 0 where nothing was. */
  double value(List<String> labels) {
    return series(labels).value;
  }

  /** How many times were taken in the last interval. */
  long times(List<String> labels) {
    return series(labels).times;
  }

  /** The mean of the last interval; NaN if there was none. */
  double mean(List<String> labels) {
    Series one = series(labels);
    return one.seconds / one.times;
  }

  /** Levels are those of one interval; what counts, counts on. */
  void beginInterval() {
    for (Series each : series.values()) {
      each.times = 0;
      each.seconds = 0;
    }
    if (declaration.type() == Metrics.Type.GAUGE) {
      series.values().forEach(each -> each.value = 0);
    }
  }

  void add(double value, List<String> labels) {
    series(labels).value += value;
  }

  void max(double value, List<String> labels) {
    Series one = series(labels);
    one.value = Math.max(one.value, value);
  }

  /** Takes in times in nanoseconds. */
  void observe(Distribution times, List<String> labels) {
    Series one = series(labels);
    asJava(times.bucketsIterator())
        .forEachRemaining(
            bucket -> {
              double seconds = bucket.value() / NANOSECONDS;
              int index = 0;
              while (index < BOUNDS.length && seconds > BOUNDS[index]) {
                index++;
              }
              one.buckets[index] += bucket.frequency();
              one.value += seconds * bucket.frequency();
              one.times += bucket.frequency();
              one.seconds += seconds * bucket.frequency();
            });
  }

  MetricSnapshot snapshot() {
    return switch (declaration.type()) {
      case COUNTER -> counter();
      case GAUGE -> gauge();
      case HISTOGRAM -> histogram();
    };
  }

  private MetricSnapshot counter() {
    String name = declaration.name();
    CounterSnapshot.Builder all =
        CounterSnapshot.builder()
            .name(name.substring(0, name.length() - "_total".length()))
            .help(declaration.help());
    for (Series each : series.values()) {
      all.dataPoint(
          CounterSnapshot.CounterDataPointSnapshot.builder()
              .labels(each.labels)
              .value(each.value)
              .build());
    }
    return all.build();
  }

  private MetricSnapshot gauge() {
    GaugeSnapshot.Builder all =
        GaugeSnapshot.builder().name(declaration.name()).help(declaration.help());
    for (Series each : series.values()) {
      all.dataPoint(
          GaugeSnapshot.GaugeDataPointSnapshot.builder()
              .labels(each.labels)
              .value(each.value)
              .build());
    }
    return all.build();
  }

  private MetricSnapshot histogram() {
    HistogramSnapshot.Builder all =
        HistogramSnapshot.builder().name(declaration.name()).help(declaration.help());
    for (Series each : series.values()) {
      ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
      for (int i = 0; i < each.buckets.length; i++) {
        buckets.bucket(i < BOUNDS.length ? BOUNDS[i] : Double.POSITIVE_INFINITY, each.buckets[i]);
      }
      all.dataPoint(
          HistogramSnapshot.HistogramDataPointSnapshot.builder()
              .labels(each.labels)
              .classicHistogramBuckets(buckets.build())
              .sum(each.value)
              .build());
    }
    return all.build();
  }
}
