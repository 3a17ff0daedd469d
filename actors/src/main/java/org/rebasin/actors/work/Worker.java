package org.rebasin.actors.work;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.PreRestart;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.rebasin.actors.telemetry.ActorMetrics;
import org.rebasin.actors.telemetry.TaskMetrics;
import org.rebasin.actors.telemetry.TraceStep;
import org.rebasin.actors.telemetry.Traces;
import org.rebasin.actors.wire.WireMessage;

/**
 * Pulls tasks of one role and does them, one at a time: asks for one when it has none. The work
 * runs on the role's own dispatcher, so the actor answers at all times.
 *
 * <p>When a task throws or takes too long, the queue is told, and the worker restarts after a pause
 * that grows; what the task had in memory is gone, and nothing of it was stored. When the worker
 * stops, the queue gives its task to another.
 *
 * <p>Whatever it has to say it repeats until it is heard, so that neither a lost message nor a lost
 * queue leaves a worker or a task behind.
 */
public final class Worker extends AbstractBehavior<Worker.Command> {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  /** What a worker receives. */
  public sealed interface Command extends WireMessage {}

  /**
   * A task to do.
   *
   * @param pull the request that it answers
   */
  public record Assigned(TaskKey key, long pull, Task task) implements Command {}

  /** The queue has heard how the task ended. */
  public record Acknowledged(TaskKey key) implements Command {}

  /** To give back what it does, and stop. */
  public record Drain(ActorRef<Done> replyTo) implements Command {}

  private record Finished(long pull, TaskResult result) implements Command {}

  private record Threw(long pull, Throwable cause) implements Command {}

  private record Overdue(long pull) implements Command {}

  private record Unheard(long pull) implements Command {}

  private record Heartbeat() implements Command {}

  /** Stops a worker that failed, so that its supervisor starts it afresh. */
  static final class TaskThrew extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TaskThrew(Throwable cause) {
      super(cause);
    }
  }

  /**
   * How a worker keeps in touch.
   *
   * @param heartbeat between repetitions
   * @param patience how long it repeats a result that no queue acknowledges
   * @param deadline of one task
   */
  public record Rhythm(Duration heartbeat, Duration patience, Duration deadline) {}

  /** A supervised worker, for tasks that can be done anywhere. */
  public static Behavior<Command> create(
      Role role, ActorRef<WorkQueue.Command> queue, Rhythm rhythm, TaskRunner runner) {
    return create(role, queue, rhythm, runner, Optional.empty());
  }

  /**
   * A supervised worker.
   *
   * @param home the store of its node, for tasks that can be done there only
   */
  public static Behavior<Command> create(
      Role role,
      ActorRef<WorkQueue.Command> queue,
      Rhythm rhythm,
      TaskRunner runner,
      Optional<String> home) {
    // Counts on across restarts: the queue tells a new request from an old one by it.
    return Behaviors.setup(
        outer -> {
          AtomicLong pulls = new AtomicLong();
          return Behaviors.supervise(
                  Behaviors.<Command>setup(
                      context ->
                          Behaviors.withTimers(
                              timers ->
                                  new Worker(
                                      context, timers, role, queue, rhythm, runner, home, pulls))))
              .onFailure(
                  TaskThrew.class,
                  SupervisorStrategy.restartWithBackoff(FIRST_PAUSE, LONGEST_PAUSE, 0.2));
        });
  }

  private final ActorRef<WorkQueue.Command> queue;
  private final TimerScheduler<Command> timers;
  private final Rhythm rhythm;
  private final TaskRunner runner;
  private final Role role;
  private final Executor executor;
  private final Optional<String> home;
  private final AtomicLong pulls;

  private long pull;
  private long begun;
  private TraceStep trace = TraceStep.NONE;
  private Optional<TaskKey> held = Optional.empty();
  private Optional<WorkQueue.Command> ended = Optional.empty();
  private Optional<Throwable> thrown = Optional.empty();

  private Worker(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      Role role,
      ActorRef<WorkQueue.Command> queue,
      Rhythm rhythm,
      TaskRunner runner,
      Optional<String> home,
      AtomicLong pulls) {
    super(context);
    this.timers = timers;
    this.role = role;
    this.queue = queue;
    this.rhythm = rhythm;
    this.runner = runner;
    this.home = home;
    this.pulls = pulls;
    this.executor =
        context.getSystem().dispatchers().lookup(DispatcherSelector.fromConfig(role.dispatcher()));
    timers.startTimerWithFixedDelay(new Heartbeat(), rhythm.heartbeat());
    pull();
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Assigned.class, this::onAssigned)
        .onMessage(Finished.class, this::onFinished)
        .onMessage(Threw.class, this::onThrew)
        .onMessage(Overdue.class, this::onOverdue)
        .onMessage(Acknowledged.class, this::onAcknowledged)
        .onMessage(Unheard.class, this::onUnheard)
        .onMessage(Heartbeat.class, this::onHeartbeat)
        .onMessage(Drain.class, this::onDrain)
        .onSignal(PreRestart.class, this::onPreRestart)
        .build();
  }

  private void pull() {
    pull = pulls.incrementAndGet();
    held = Optional.empty();
    ended = Optional.empty();
    tellHome();
    queue.tell(new WorkQueue.Pull(role, getContext().getSelf(), pull));
  }

  /** Before whatever it may be given a task for. */
  private void tellHome() {
    home.ifPresent(
        store -> queue.tell(new WorkQueue.Stationed(role, getContext().getSelf(), store)));
  }

  private Behavior<Command> onAssigned(Assigned assigned) {
    if (held.isPresent() || assigned.pull() != pull) {
      return this;
    }
    held = Optional.of(assigned.key());
    begun = System.nanoTime();
    trace = Traces.task(assigned.key().job().value(), assigned.key().phase(), role.text());
    TraceStep step = trace;
    long mine = pull;
    TaskKey key = assigned.key();
    timers.startSingleTimer(key, new Overdue(mine), rhythm.deadline());
    getContext()
        .pipeToSelf(
            CompletableFuture.completedStage(assigned.task())
                .thenComposeAsync(
                    task ->
                        step.within(
                            () ->
                                runner.run(
                                    task,
                                    progress ->
                                        queue.tell(new WorkQueue.Progressed(key, progress)))),
                    executor),
            (result, problem) ->
                problem == null
                    ? new Finished(mine, result)
                    : new Threw(mine, TaskFailure.unwrap(problem)));
    return this;
  }

  private Behavior<Command> onFinished(Finished finished) {
    if (running(finished.pull())) {
      end(new WorkQueue.Completed(held.orElseThrow(), getContext().getSelf(), finished.result()));
    }
    return this;
  }

  private Behavior<Command> onThrew(Threw threw) {
    if (running(threw.pull())) {
      fail(threw.cause());
    }
    return this;
  }

  private Behavior<Command> onOverdue(Overdue overdue) {
    if (running(overdue.pull())) {
      // Nothing can stop a thread that does not listen; whatever it still makes is ignored.
      fail(new IllegalStateException("took longer than " + rhythm.deadline().toSeconds() + " s"));
    }
    return this;
  }

  private boolean running(long of) {
    return of == pull && held.isPresent() && ended.isEmpty();
  }

  private void fail(Throwable cause) {
    boolean badInput = TaskFailure.isBadInput(cause);
    thrown = badInput ? Optional.empty() : Optional.of(cause);
    end(
        new WorkQueue.Failed(
            held.orElseThrow(), getContext().getSelf(), badInput, TaskFailure.describe(cause)));
  }

  private void end(WorkQueue.Command message) {
    String outcome = message instanceof WorkQueue.Completed ? "done" : "failed";
    trace.end(outcome);
    TaskMetrics.worked(role.text(), outcome, Duration.ofNanos(System.nanoTime() - begun));
    ended = Optional.of(message);
    timers.startSingleTimer(held.orElseThrow(), new Unheard(pull), rhythm.patience());
    queue.tell(message);
  }

  private Behavior<Command> onAcknowledged(Acknowledged acknowledged) {
    if (ended.isPresent() && held.equals(Optional.of(acknowledged.key()))) {
      goOn();
    }
    return this;
  }

  private Behavior<Command> onUnheard(Unheard unheard) {
    if (unheard.pull() == pull && ended.isPresent()) {
      goOn();
    }
    return this;
  }

  private void goOn() {
    timers.cancel(held.orElseThrow());
    if (thrown.isPresent()) {
      throw new TaskThrew(thrown.get());
    }
    pull();
  }

  private Behavior<Command> onHeartbeat(Heartbeat beat) {
    tellHome();
    if (ended.isPresent()) {
      queue.tell(ended.get());
    } else if (held.isPresent()) {
      queue.tell(new WorkQueue.Holding(held.get(), role, getContext().getSelf(), pull));
    } else {
      queue.tell(new WorkQueue.Pull(role, getContext().getSelf(), pull));
    }
    return this;
  }

  private Behavior<Command> onPreRestart(PreRestart restart) {
    ActorMetrics.restarted(role.text());
    return this;
  }

  private Behavior<Command> onDrain(Drain drain) {
    if (ended.isPresent()) {
      queue.tell(ended.get());
    } else {
      held.ifPresent(key -> queue.tell(new WorkQueue.HandedBack(key, getContext().getSelf())));
    }
    drain.replyTo().tell(Done.getInstance());
    return Behaviors.stopped();
  }
}
