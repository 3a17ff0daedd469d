package org.rebasin.actors.work;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.DispatcherSelector;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.stream.Replicas;
import org.rebasin.actors.telemetry.TraceStep;
import org.rebasin.actors.telemetry.Traces;

/**
 * Brings a task's models to this node before it begins, and ends it when its products are on enough
 * nodes: what a job hears of as made is not lost with one node. The runner within knows of no other
 * node.
 */
public final class ReplicatingRunner implements TaskRunner {
  private final TaskRunner runner;
  private final Replicas replicas;
  private final ActorSystem<?> system;

  /** Wraps a runner; {@code system} has the roles' dispatchers. */
  public ReplicatingRunner(TaskRunner runner, Replicas replicas, ActorSystem<?> system) {
    this.runner = runner;
    this.replicas = replicas;
    this.system = system;
  }

  @Override
  public CompletionStage<TaskResult> run(Task task, Consumer<Progress> progress) {
    // Models arrive on other threads than those on which work may block.
    Executor executor =
        system.dispatchers().lookup(DispatcherSelector.fromConfig(task.role().dispatcher()));
    TraceStep trace = Traces.current();
    return trace
        .part("fetch", () -> all(task.inputs(), replicas::ensureLocal))
        .thenComposeAsync(here -> trace.part("work", () -> runner.run(task, progress)), executor)
        .thenCompose(
            result ->
                trace
                    .part("replicate", () -> all(result.products(), replicas::replicate))
                    .thenApply(stored -> result));
  }

  private static CompletionStage<Void> all(
      List<ModelId> ids, Function<ModelId, CompletionStage<?>> each) {
    return CompletableFuture.allOf(
        ids.stream()
            .map(id -> each.apply(id).toCompletableFuture())
            .toArray(CompletableFuture<?>[]::new));
  }
}
