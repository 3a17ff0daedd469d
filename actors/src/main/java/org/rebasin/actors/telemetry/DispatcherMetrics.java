package org.rebasin.actors.telemetry;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ThreadPoolExecutor;

/** The thread pools behind dispatchers, looked at when asked. Thread-safe. */
final class DispatcherMetrics {
  private static final Map<String, List<ExecutorService>> POOLS = new ConcurrentHashMap<>();

  /** One dispatcher's pools, together. */
  private record Load(long queued, long threads, long active, long most) {
    Load plus(Load other) {
      return new Load(
          queued + other.queued, threads + other.threads, active + other.active, most + other.most);
    }
  }

  static {
    gauge("rebasin_dispatcher_queue_tasks", "Tasks that wait for a thread.", Load::queued);
    gauge("rebasin_dispatcher_threads", "Threads of a dispatcher.", Load::threads);
    gauge("rebasin_dispatcher_threads_active", "Threads that are at work.", Load::active);
    gauge(
        "rebasin_dispatcher_utilisation_ratio",
        "Threads that are at work over those that may be.",
        load -> load.most() == 0 ? 0 : Math.min(1, (double) load.active() / load.most()));
    Metrics.counter(
        "rebasin_dispatcher_tasks_total",
        "Tasks that a dispatcher's threads completed; of one that forks and joins, those that a"
            + " thread took from another.",
        callback ->
            POOLS.forEach(
                (name, pools) ->
                    callback.call(
                        pools.stream().mapToLong(DispatcherMetrics::completed).sum(), name)),
        "dispatcher");
  }

  private DispatcherMetrics() {}

  static void declare() {}

  /** A number of a load. */
  @FunctionalInterface
  private interface Figure {
    double of(Load load);
  }

  private static void gauge(String name, String help, Figure figure) {
    Metrics.gauge(
        name,
        help,
        callback -> loads((id, load) -> callback.call(figure.of(load), id)),
        "dispatcher");
  }

  /** Takes a dispatcher's load. */
  @FunctionalInterface
  private interface LoadConsumer {
    void accept(String dispatcher, Load load);
  }

  private static void loads(LoadConsumer consumer) {
    POOLS.forEach(
        (name, pools) ->
            consumer.accept(
                name,
                pools.stream()
                    .map(DispatcherMetrics::load)
                    .reduce(new Load(0, 0, 0, 0), Load::plus)));
  }

  /**
   * Counts a pool from now on, until it is shut down.
   *
   * @param dispatcher its path in the configuration
   */
  static ExecutorService count(String dispatcher, ExecutorService pool) {
    List<ExecutorService> pools =
        POOLS.computeIfAbsent(dispatcher, name -> new CopyOnWriteArrayList<>());
    pools.removeIf(ExecutorService::isTerminated);
    pools.add(pool);
    return pool;
  }

  private static Load load(ExecutorService pool) {
    if (pool instanceof ThreadPoolExecutor threads) {
      return new Load(
          threads.getQueue().size(),
          threads.getPoolSize(),
          threads.getActiveCount(),
          threads.getMaximumPoolSize());
    }
    if (pool instanceof ForkJoinPool forks) {
      return new Load(
          forks.getQueuedTaskCount() + forks.getQueuedSubmissionCount(),
          forks.getPoolSize(),
          forks.getActiveThreadCount(),
          forks.getParallelism());
    }
    return new Load(0, 0, 0, 0);
  }

  private static long completed(ExecutorService pool) {
    return pool instanceof ThreadPoolExecutor threads
        ? threads.getCompletedTaskCount()
        : pool instanceof ForkJoinPool forks ? forks.getStealCount() : 0;
  }
}
