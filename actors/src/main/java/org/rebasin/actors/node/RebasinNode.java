package org.rebasin.actors.node;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.AskPattern;
import com.typesafe.config.Config;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.rebasin.actors.federation.Federations;
import org.rebasin.actors.job.JobView;
import org.rebasin.actors.job.MergeJob;
import org.rebasin.actors.job.MergeOutcome;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.Progress;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskFailure;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.actors.work.TaskRunner;
import org.rebasin.actors.work.WorkQueue;

/**
 * A node in this process: starts its actors, takes jobs and tasks, and stops. Thread-safe. The
 * store stays open when the node closes; whoever made it closes it.
 */
public final class RebasinNode implements AutoCloseable {
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(20);

  private final ActorSystem<NodeGuardian.Command> system;
  private final Duration timeout;

  private RebasinNode(ActorSystem<NodeGuardian.Command> system, Duration timeout) {
    this.system = system;
    this.timeout = timeout;
  }

  /** Starts a node with all roles. */
  public static RebasinNode start(Config config, ModelStore store, Datasets datasets) {
    return start(config, store, datasets, UnaryOperator.identity());
  }

  /** Starts a node whose workers run what {@code runners} makes of their task runners. */
  static RebasinNode start(
      Config config, ModelStore store, Datasets datasets, UnaryOperator<TaskRunner> runners) {
    return new RebasinNode(
        ActorSystem.create(NodeGuardian.create(store, datasets, runners), "rebasin", config),
        config.getDuration("rebasin.job.task-timeout"));
  }

  /**
   * Runs a job and waits for it.
   *
   * @param progress called from the node's threads
   * @throws TaskFailedException if a task was given up, or the job itself failed
   */
  public MergeOutcome run(MergeRequest request, Consumer<Progress> progress) {
    MergeJob.Reply reply =
        await(
            ask(progress, (listener, self) -> new NodeGuardian.StartJob(request, listener, self)));
    if (reply instanceof MergeJob.Refused refused) {
      throw new TaskFailedException(
          new TaskFailure(false, refused.message(), List.of(refused.message())));
    }
    JobView job = ((MergeJob.Viewed) reply).view();
    job.failure()
        .ifPresent(
            failure -> {
              throw new TaskFailedException(failure);
            });
    return job.outcome().orElseThrow();
  }

  /**
   * Runs one task and waits for it.
   *
   * @param progress called from the node's threads
   * @throws TaskFailedException if it was given up
   */
  public <R extends TaskResult> R run(Task task, Class<R> type, Consumer<Progress> progress) {
    return await(submit(task, type, progress));
  }

  /**
   * Puts one task into the queue.
   *
   * @param progress called from the node's threads
   * @return completes with the result, or with a {@link TaskFailedException}
   */
  public <R extends TaskResult> CompletionStage<R> submit(
      Task task, Class<R> type, Consumer<Progress> progress) {
    CompletionStage<WorkQueue.Reply> answer =
        ask(progress, (listener, self) -> new NodeGuardian.RunTask(task, listener, self));
    return answer.thenApply(
        reply -> {
          if (reply instanceof WorkQueue.GivenUp givenUp) {
            throw new TaskFailedException(givenUp.failure());
          }
          return type.cast(((WorkQueue.Done) reply).result());
        });
  }

  /** The federations of this node, which live as long as it does. */
  public Federations federations() {
    return await(
        AskPattern.<NodeGuardian.Command, Federations>ask(
            system, NodeGuardian.AskFederations::new, timeout, system.scheduler()));
  }

  /** Asks the guardian; what is said on the way is heard before the answer. */
  private <R> CompletionStage<R> ask(
      Consumer<Progress> progress,
      BiFunction<ActorRef<Progress>, ActorRef<R>, NodeGuardian.Command> message) {
    ProgressListener listener = ProgressListener.start(system, progress);
    return AskPattern.<NodeGuardian.Command, R>ask(
            system, self -> message.apply(listener.actor(), self), timeout, system.scheduler())
        .handle(
            (reply, problem) ->
                listener
                    .end()
                    .thenCompose(
                        heard ->
                            problem == null
                                ? CompletableFuture.completedStage(reply)
                                : CompletableFuture.<R>failedStage(problem)))
        .thenCompose(stage -> stage);
  }

  /** What streams run on that take what this node tells. */
  public ActorSystem<?> system() {
    return system;
  }

  /**
   * Waits for what this node does.
   *
   * @throws TaskFailedException if it was given up
   */
  public static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get();
    } catch (ExecutionException failed) {
      if (TaskFailure.unwrap(failed.getCause()) instanceof TaskFailedException given) {
        throw given;
      }
      throw new TaskFailedException(TaskFailure.of(TaskFailure.unwrap(failed.getCause())));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new TaskFailedException(TaskFailure.of(interrupted));
    }
  }

  /** Stops all actors and waits until they have stopped. */
  @Override
  public void close() {
    system.terminate();
    try {
      system
          .getWhenTerminated()
          .toCompletableFuture()
          .get(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException problem) {
      throw new IllegalStateException("the node did not stop", problem);
    }
  }
}
