package org.rebasin.actors.telemetry;

import akka.dispatch.DispatcherPrerequisites;
import akka.dispatch.ExecutorServiceConfigurator;
import akka.dispatch.ExecutorServiceFactory;
import akka.dispatch.ThreadPoolExecutorConfigurator;
import com.typesafe.config.Config;
import java.util.concurrent.ThreadFactory;

/** A thread pool like Akka's own, counted by {@link DispatcherMetrics}. */
public final class CountedThreadPool extends ExecutorServiceConfigurator {
  private final ThreadPoolExecutorConfigurator pool;

  /** Called by Akka, with a dispatcher's settings. */
  public CountedThreadPool(Config config, DispatcherPrerequisites prerequisites) {
    super(config, prerequisites);
    pool =
        new ThreadPoolExecutorConfigurator(config.getConfig("thread-pool-executor"), prerequisites);
  }

  @Override
  public ExecutorServiceFactory createExecutorServiceFactory(String id, ThreadFactory threads) {
    ExecutorServiceFactory factory = pool.createExecutorServiceFactory(id, threads);
    return () -> DispatcherMetrics.count(id, factory.createExecutorService());
  }
}
