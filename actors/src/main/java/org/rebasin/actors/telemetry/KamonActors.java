package org.rebasin.actors.telemetry;

import static scala.jdk.javaapi.CollectionConverters.asJava;

import com.typesafe.config.Config;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import kamon.metric.Distribution;
import kamon.metric.MetricSnapshot;
import kamon.metric.PeriodSnapshot;
import kamon.module.MetricReporter;
import kamon.tag.Lookups;
import kamon.tag.TagSet;
import org.rebasin.actors.telemetry.Metrics.Type;

/**
 * Takes what Kamon measured of actors and dispatchers in the last interval and keeps it, under this
 * project's names and labels, until Prometheus asks. What Kamon measures beside is left out.
 */
final class KamonActors implements MetricReporter, MultiCollector {
  private static final List<String> ACTOR = List.of("actor", "worker");
  private static final List<String> DISPATCHER = List.of("dispatcher");

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
  private static final Family QUEUE =
      family(
          "rebasin_dispatcher_queue_tasks",
          Type.GAUGE,
          "The most tasks that waited for a thread in the last interval.",
          DISPATCHER);
  private static final Family THREADS =
      family("rebasin_dispatcher_threads", Type.GAUGE, "Threads of a dispatcher.", DISPATCHER);
  private static final Family ACTIVE =
      family(
          "rebasin_dispatcher_threads_active",
          Type.GAUGE,
          "The most threads that were at work in the last interval.",
          DISPATCHER);
  private static final Family UTILISATION =
      family(
          "rebasin_dispatcher_utilisation_ratio",
          Type.GAUGE,
          "Mean share of the threads that may be that were at work in the last interval.",
          DISPATCHER);
  private static final Family TASKS =
      family(
          "rebasin_dispatcher_tasks_total",
          Type.COUNTER,
          "Tasks that a dispatcher's threads completed.",
          DISPATCHER);
  private static final List<Family> FAMILIES =
      List.of(
          MAILBOX_SIZE,
          TIME_IN_MAILBOX,
          PROCESSING_TIME,
          ERRORS,
          ACTORS,
          MESSAGES,
          DEAD_LETTERS,
          UNHANDLED,
          QUEUE,
          THREADS,
          ACTIVE,
          UTILISATION,
          TASKS);

  private final Object lock = new Object();

  KamonActors() {}

  static void declare() {}

  private static Family family(String name, Type type, String help, List<String> labels) {
    return new Family(Metrics.declare(name, type, help, labels.toArray(String[]::new)));
  }

  @Override
  public void reportPeriodSnapshot(PeriodSnapshot snapshot) {
    synchronized (lock) {
      FAMILIES.forEach(Family::beginInterval);
      asJava(snapshot.counters()).forEach(KamonActors::counter);
      asJava(snapshot.rangeSamplers()).forEach(KamonActors::level);
      asJava(snapshot.histograms()).forEach(KamonActors::level);
      asJava(snapshot.timers()).forEach(KamonActors::timer);
      utilise(snapshot);
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
        case "executor.tasks.completed" -> TASKS.add(value, dispatcher(tags));
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
        case "executor.queue-size" -> QUEUE.max(values.max(), dispatcher(tags));
        case "executor.threads.total" -> THREADS.max(values.max(), dispatcher(tags));
        case "executor.threads.active" -> ACTIVE.max(values.max(), dispatcher(tags));
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

  /** The mean number of active threads over what the dispatcher may have. */
  private static void utilise(PeriodSnapshot snapshot) {
    for (var metric : asJava(snapshot.histograms())) {
      if (!metric.name().equals("executor.threads.active")) {
        continue;
      }
      for (var instrument : asJava(metric.instruments())) {
        Distribution active = instrument.value();
        double most = most(snapshot, instrument.tags());
        if (active.count() > 0 && most > 0) {
          double mean = (double) active.sum() / active.count();
          UTILISATION.max(Math.min(1, mean / most), dispatcher(instrument.tags()));
        }
      }
    }
  }

  /** A pool's size as configured: its parallelism if it forks and joins, else its most threads. */
  private static double most(PeriodSnapshot snapshot, TagSet tags) {
    double most = 0;
    for (var metric : asJava(snapshot.gauges())) {
      if (metric.name().equals("executor.threads.max")
          || metric.name().equals("executor.parallelism")) {
        for (var instrument : asJava(metric.instruments())) {
          if (instrument.tags().equals(tags)) {
            double value = ((Number) instrument.value()).doubleValue();
            if (metric.name().equals("executor.parallelism")) {
              return value;
            }
            most = Math.max(most, value);
          }
        }
      }
    }
    return most;
  }

  private static List<String> actor(TagSet tags) {
    return ActorLabels.of(
        tags.get(Lookups.coerce("path", "")), tags.get(Lookups.coerce("group", "")));
  }

  private static List<String> dispatcher(TagSet tags) {
    return List.of(tags.get(Lookups.coerce("name", "other")));
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
