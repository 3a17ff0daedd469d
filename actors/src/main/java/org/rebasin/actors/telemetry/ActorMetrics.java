package org.rebasin.actors.telemetry;

import io.prometheus.metrics.core.metrics.Counter;

/**
 * What supervisors of this node's actors saw. Kamon sees actors from outside, and not the failures
 * that typed supervision catches. Thread-safe.
 */
public final class ActorMetrics {
  private static final Counter FAILURES =
      Metrics.counter(
          "rebasin_actor_failures_total", "Exceptions that ended an actor's behavior.", "actor");
  private static final Counter RESTARTS =
      Metrics.counter(
          "rebasin_actor_restarts_total", "Actors that their supervisor started afresh.", "actor");

  static {
    Roles.ALL.forEach(FAILURES::initLabelValues);
    Roles.ALL.forEach(RESTARTS::initLabelValues);
    FAILURES.initLabelValues("model-exchange");
    RESTARTS.initLabelValues("model-exchange");
  }

  private ActorMetrics() {}

  static void declare() {
    KamonActors.declare();
  }

  static long restarts(String actor) {
    return counted(RESTARTS, actor);
  }

  static long failures(String actor) {
    return counted(FAILURES, actor);
  }

  /** Without making the counter of a kind of which nothing was counted. */
  private static long counted(Counter counter, String actor) {
    return counter.collect().getDataPoints().stream()
        .filter(point -> actor.equals(point.getLabels().get("actor")))
        .mapToLong(point -> (long) point.getValue())
        .sum();
  }

  /**
   * An actor failed and stopped.
   *
   * @param actor its kind, such as a worker's role; never one actor's own name
   */
  public static void failed(String actor) {
    FAILURES.labelValues(actor).inc();
  }

  /** An actor failed and starts afresh. */
  public static void restarted(String actor) {
    FAILURES.labelValues(actor).inc();
    RESTARTS.labelValues(actor).inc();
  }
}
