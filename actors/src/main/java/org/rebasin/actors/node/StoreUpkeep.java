package org.rebasin.actors.node;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.DispatcherSelector;
import com.typesafe.config.Config;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after a node's store from time to time: reads all models to find damaged ones, and deletes
 * those that nothing names any more. Where it cannot be told what is named, nothing is deleted.
 */
public final class StoreUpkeep {
  private static final Logger LOG = LoggerFactory.getLogger(StoreUpkeep.class);

  private final ModelStore store;
  private final Supplier<CompletionStage<Set<ModelId>>> named;
  private final Duration grace;
  private final Executor executor;

  StoreUpkeep(
      ModelStore store,
      Supplier<CompletionStage<Set<ModelId>>> named,
      Duration grace,
      Executor executor) {
    this.store = store;
    this.named = named;
    this.grace = grace;
    this.executor = executor;
  }

  /**
   * Begins to look after a store, until the system stops.
   *
   * @param named each tells models that must stay
   */
  public static void start(
      ActorSystem<?> system,
      ModelStore store,
      List<Supplier<CompletionStage<Set<ModelId>>>> named) {
    Config config = system.settings().config().getConfig("rebasin.store");
    Executor blocking = system.dispatchers().lookup(DispatcherSelector.blocking());
    StoreUpkeep upkeep =
        new StoreUpkeep(store, () -> union(named), config.getDuration("collect-grace"), blocking);
    system
        .scheduler()
        .scheduleWithFixedDelay(
            config.getDuration("collect-interval"),
            config.getDuration("collect-interval"),
            upkeep::collect,
            system.executionContext());
    system
        .scheduler()
        .scheduleWithFixedDelay(
            config.getDuration("verify-interval"),
            config.getDuration("verify-interval"),
            () -> blocking.execute(upkeep::verify),
            system.executionContext());
  }

  /** All of them; fails if any does. */
  static CompletionStage<Set<ModelId>> union(List<Supplier<CompletionStage<Set<ModelId>>>> named) {
    CompletionStage<Set<ModelId>> all = CompletableFuture.completedStage(Set.of());
    for (Supplier<CompletionStage<Set<ModelId>>> some : named) {
      all =
          all.thenCombine(
              some.get(),
              (before, more) -> {
                Set<ModelId> both = new HashSet<>(before);
                both.addAll(more);
                return both;
              });
    }
    return all;
  }

  /** Deletes what nothing names; completes when that is done, however it went. */
  CompletionStage<List<ModelId>> collect() {
    return named
        .get()
        .thenApplyAsync(names -> store.collect(names, grace), executor)
        .whenComplete(
            (deleted, problem) -> {
              if (problem != null) {
                LOG.warn("no model was deleted: {}", problem.getMessage());
              } else if (!deleted.isEmpty()) {
                LOG.info("{} models that nothing names were deleted", deleted.size());
              }
            });
  }

  /** Moves damaged models aside, which the replicas' keeper then has copied here again. */
  void verify() {
    try {
      List<ModelId> damaged = store.verify();
      if (!damaged.isEmpty()) {
        LOG.error("damaged models were moved aside: {}", damaged);
      }
    } catch (UncheckedIOException problem) {
      LOG.error("the store cannot be verified", problem);
    }
  }
}
