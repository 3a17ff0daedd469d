package org.rebasin.actors.telemetry;

import static scala.jdk.javaapi.CollectionConverters.asJava;

import com.typesafe.config.Config;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Duration;
import java.util.List;
import kamon.metric.Distribution;
import kamon.metric.MetricSnapshot;
import kamon.metric.PeriodSnapshot;
import kamon.module.MetricReporter;
import kamon.tag.Lookups;
import kamon.tag.TagSet;
import org.rebasin.actors.telemetry.Metrics.Type;

/**
 * Takes what Kamon measured of actors in the last interval and keeps it, under this project's names
 * and labels, until Prometheus asks. What Kamon measures beside is left out.
 */
final class KamonActors implements MetricReporter, MultiCollector {
  private static final List<String> ACTOR = List.of("actor", "worker");

  private static final Family MAILBOX_SIZE =
      family(
          "rebasin_actor_mailbox_messages",
          Type.GAUGE,
          "The most messages that waited in one mailbox, or in a group's, in the last interval.",
          ACTOR);
  private static final Family TIME_IN_MAILBOX =
      family(
          "rebasin_actor_mailbox_seconds",
          Type.HISTOGRAM,
          "Time that a message waited in a mailbox.",
          ACTOR);
  private static final Family PROCESSING_TIME =
      family(
          "rebasin_actor_processing_seconds",
          Type.HISTOGRAM,
          "Time that an actor took for a message.",
          ACTOR);
  private static final Family ERRORS =
      family(
          "rebasin_actor_uncaught_total",
          Type.COUNTER,
          "Exceptions that left an actor, past typed supervision.",
          ACTOR);
  private static final Family ACTORS =
      family("rebasin_actors", Type.GAUGE, "The most actors in the last interval.", List.of());
  private static final Family MESSAGES =
      family(
          "rebasin_actor_messages_total",
          Type.COUNTER,
          "Messages that actors of this node processed.",
          List.of());
  private static final Family DEAD_LETTERS =
      family(
          "rebasin_dead_letters_total",
          Type.COUNTER,
          "Messages to actors that are no more.",
          List.of());
  private static final Family UNHANDLED =
      family(
          "rebasin_unhandled_messages_total",
          Type.COUNTER,
          "Messages that an actor has no use for.",
          List.of());
  private static final List<Family> FAMILIES =
      List.of(
          MAILBOX_SIZE,
          TIME_IN_MAILBOX,
          PROCESSING_TIME,
          ERRORS,
          ACTORS,
          MESSAGES,
          DEAD_LETTERS,
          UNHANDLED);

  private final Object lock = new Object();
  private double intervalSeconds = Double.NaN;

  KamonActors() {}

  static void declare() {}

  private static Family family(String name, Type type, String help, List<String> labels) {
    return new Family(Metrics.declare(name, type, help, labels.toArray(String[]::new)));
  }

  @Override
  public void reportPeriodSnapshot(PeriodSnapshot snapshot) {
    synchronized (lock) {
      FAMILIES.forEach(Family::beginInterval);
      intervalSeconds = Duration.between(snapshot.from(), snapshot.to()).toMillis() / 1e3;
      asJava(snapshot.counters()).forEach(KamonActors::counter);
      asJava(snapshot.rangeSamplers()).forEach(KamonActors::level);
      asJava(snapshot.timers()).forEach(KamonActors::timer);
    }
  }

  private static void counter(MetricSnapshot<?, Object> metric) {
    for (var instrument : asJava(metric.instruments())) {
      double value = ((Number) instrument.value()).doubleValue();
      TagSet tags = instrument.tags();
      switch (metric.name()) {
        case "akka.actor.errors", "akka.group.errors" -> ERRORS.add(value, actor(tags));
        // Kamon counts tracked and untracked actors apart; a node's sum is what is wanted.
        case "akka.system.processed-messages" -> MESSAGES.add(value, List.of());
        case "akka.system.dead-letters" -> DEAD_LETTERS.add(value, List.of());
        case "akka.system.unhandled-messages" -> UNHANDLED.add(value, List.of());
        default -> {}
      }
    }
  }

  private static void level(MetricSnapshot<?, Distribution> metric) {
    for (var instrument : asJava(metric.instruments())) {
      Distribution values = instrument.value();
      TagSet tags = instrument.tags();
      switch (metric.name()) {
        case "akka.actor.mailbox-size", "akka.group.pending-messages" ->
            MAILBOX_SIZE.max(values.max(), actor(tags));
        case "akka.system.active-actors" -> ACTORS.max(values.max(), List.of());
        default -> {}
      }
    }
  }

  private static void timer(MetricSnapshot<?, Distribution> metric) {
    for (var instrument : asJava(metric.instruments())) {
      TagSet tags = instrument.tags();
      switch (metric.name()) {
        case "akka.actor.time-in-mailbox", "akka.group.time-in-mailbox" ->
            TIME_IN_MAILBOX.observe(instrument.value(), actor(tags));
        case "akka.actor.processing-time", "akka.group.processing-time" ->
            PROCESSING_TIME.observe(instrument.value(), actor(tags));
        default -> {}
      }
    }
  }

  private static List<String> actor(TagSet tags) {
    return ActorLabels.of(
        tags.get(Lookups.coerce("path", "")), tags.get(Lookups.coerce("group", "")));
  }

  /** The last interval's measurements, by kind and worker. */
  List<ActorReading> readings() {
    synchronized (lock) {
      return PROCESSING_TIME.labels().stream()
          .map(
              labels ->
                  new ActorReading(
                      labels.get(0),
                      labels.get(1),
                      MAILBOX_SIZE.value(labels),
                      PROCESSING_TIME.times(labels) / intervalSeconds,
                      TIME_IN_MAILBOX.mean(labels),
                      PROCESSING_TIME.mean(labels),
                      ActorMetrics.restarts(labels.get(0)),
                      ActorMetrics.failures(labels.get(0))))
          .toList();
    }
  }

  @Override
  public MetricSnapshots collect() {
    synchronized (lock) {
      MetricSnapshots.Builder all = MetricSnapshots.builder();
      FAMILIES.forEach(family -> all.metricSnapshot(family.snapshot()));
      return all.build();
    }
  }

  @Override
  public void reconfigure(Config config) {}

  @Override
  public void stop() {}
}
