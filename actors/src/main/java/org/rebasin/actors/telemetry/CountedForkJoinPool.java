package org.rebasin.actors.telemetry;

import akka.dispatch.DispatcherPrerequisites;
import akka.dispatch.ExecutorServiceConfigurator;
import akka.dispatch.ExecutorServiceFactory;
import akka.dispatch.ForkJoinExecutorConfigurator;
import com.typesafe.config.Config;
import java.util.concurrent.ThreadFactory;

/** A pool that forks and joins like Akka's own, counted by {@link DispatcherMetrics}. */
public final class CountedForkJoinPool extends ExecutorServiceConfigurator {
  private final ForkJoinExecutorConfigurator pool;

  /** Called by Akka, with a dispatcher's settings. */
  public CountedForkJoinPool(Config config, DispatcherPrerequisites prerequisites) {
    super(config, prerequisites);
    pool = new ForkJoinExecutorConfigurator(config.getConfig("fork-join-executor"), prerequisites);
  }

  @Override
  public ExecutorServiceFactory createExecutorServiceFactory(String id, ThreadFactory threads) {
    ExecutorServiceFactory factory = pool.createExecutorServiceFactory(id, threads);
    return () -> DispatcherMetrics.count(id, factory.createExecutorService());
  }
}
