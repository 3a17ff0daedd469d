package org.rebasin.actors.work;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Pulls tasks of one role and does them, one at a time: asks for one when it has none. The work
 * runs on the role's own dispatcher, so the actor answers at all times.
 *
 * <p>When a task throws, the queue is told, and the worker restarts after a pause that grows; what
 * the task had in memory is gone, and nothing of it was stored. When the worker stops, the queue
 * gives its task to another.
 */
public final class Worker extends AbstractBehavior<Worker.Command> {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  /** What a worker receives. */
  public sealed interface Command {}

  /** A task to do. */
  public record Assigned(long id, Task task) implements Command {}

  private record Finished(long id, TaskResult result) implements Command {}

  private record Threw(long id, Throwable cause) implements Command {}

  /** Stops a worker that failed, so that its supervisor starts it afresh. */
  static final class TaskThrew extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TaskThrew(Throwable cause) {
      super(cause);
    }
  }

  /** A supervised worker. */
  public static Behavior<Command> create(
      Role role, ActorRef<WorkQueue.Command> queue, TaskRunner runner) {
    return Behaviors.supervise(
            Behaviors.<Command>setup(context -> new Worker(context, role, queue, runner)))
        .onFailure(
            TaskThrew.class,
            SupervisorStrategy.restartWithBackoff(FIRST_PAUSE, LONGEST_PAUSE, 0.2));
  }

  private final ActorRef<WorkQueue.Command> queue;
  private final TaskRunner runner;
  private final Role role;
  private final Executor executor;

  private Worker(
      ActorContext<Command> context,
      Role role,
      ActorRef<WorkQueue.Command> queue,
      TaskRunner runner) {
    super(context);
    this.role = role;
    this.queue = queue;
    this.runner = runner;
    this.executor =
        context.getSystem().dispatchers().lookup(DispatcherSelector.fromConfig(role.dispatcher()));
    pull();
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Assigned.class, this::onAssigned)
        .onMessage(Finished.class, this::onFinished)
        .onMessage(Threw.class, this::onThrew)
        .build();
  }

  private Behavior<Command> onAssigned(Assigned assigned) {
    long id = assigned.id();
    getContext()
        .pipeToSelf(
            CompletableFuture.completedStage(assigned.task())
                .thenComposeAsync(
                    task ->
                        runner.run(
                            task, progress -> queue.tell(new WorkQueue.Progressed(id, progress))),
                    executor),
            (result, thrown) ->
                thrown == null
                    ? new Finished(id, result)
                    : new Threw(id, TaskFailure.unwrap(thrown)));
    return this;
  }

  private Behavior<Command> onFinished(Finished finished) {
    queue.tell(new WorkQueue.Completed(finished.id(), finished.result()));
    pull();
    return this;
  }

  private Behavior<Command> onThrew(Threw threw) {
    queue.tell(
        new WorkQueue.Failed(
            threw.id(),
            TaskFailure.isBadInput(threw.cause()),
            TaskFailure.describe(threw.cause())));
    if (TaskFailure.isBadInput(threw.cause())) {
      pull();
      return this;
    }
    throw new TaskThrew(threw.cause());
  }

  private void pull() {
    queue.tell(new WorkQueue.Pull(role, getContext().getSelf()));
  }
}
