package org.rebasin.actors.telemetry;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import java.time.Duration;
import java.util.List;

/**
 * Tasks: in the queue, which is on one node of a cluster, and at the workers of this node. Roles
 * are the queue's names for them. Thread-safe; costs nanoseconds.
 */
public final class TaskMetrics {
  private static final Gauge QUEUED =
      Metrics.gauge(
          "rebasin_tasks_queued",
          "Tasks that wait for a worker or for their next attempt.",
          "role");
  private static final Gauge RUNNING =
      Metrics.gauge("rebasin_tasks_running", "Tasks that a worker holds.", "role");
  private static final Counter ENDED =
      Metrics.counter("rebasin_tasks_total", "Tasks that left the queue.", "role", "outcome");
  private static final Counter RETRIES =
      Metrics.counter(
          "rebasin_task_retries_total", "Attempts after the first, by the queue.", "role");
  private static final Histogram SECONDS =
      Metrics.histogram(
          "rebasin_task_seconds",
          "One attempt at a task on this node, with the models' way to it.",
          Buckets.WORK_SECONDS,
          "role",
          "outcome");

  static {
    queueLeft();
    Roles.ALL.forEach(RETRIES::initLabelValues);
    for (String role : Roles.ALL) {
      for (String outcome : List.of("done", "failed", "withdrawn")) {
        ENDED.initLabelValues(role, outcome);
      }
    }
  }

  private TaskMetrics() {}

  static void declare() {}

  /** A task came into the queue. */
  public static void queued(String role) {
    QUEUED.labelValues(role).inc();
  }

  /** A worker took a task. */
  public static void started(String role) {
    QUEUED.labelValues(role).dec();
    RUNNING.labelValues(role).inc();
  }

  /** A task that a worker held waits again. */
  public static void putBack(String role) {
    RUNNING.labelValues(role).dec();
    QUEUED.labelValues(role).inc();
  }

  /** A task is to be tried again. */
  public static void retried(String role) {
    RETRIES.labelValues(role).inc();
  }

  /**
   * A task left the queue.
   *
   * @param held whether a worker held it
   * @param outcome {@code done}, {@code failed} or {@code withdrawn}
   */
  public static void ended(String role, boolean held, String outcome) {
    (held ? RUNNING : QUEUED).labelValues(role).dec();
    ENDED.labelValues(role, outcome).inc();
  }

  /** The queue is no longer on this node; nothing of it is. */
  public static void queueLeft() {
    QUEUED.clear();
    RUNNING.clear();
    Roles.ALL.forEach(QUEUED::initLabelValues);
    Roles.ALL.forEach(RUNNING::initLabelValues);
  }

  /**
   * A worker of this node was at a task for so long.
   *
   * @param outcome {@code done} or {@code failed}
   */
  public static void worked(String role, String outcome, Duration time) {
    SECONDS.labelValues(role, outcome).observe(time.toNanos() / 1e9);
  }
}
