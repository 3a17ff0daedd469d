package org.rebasin.actors.work;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Hands tasks to the workers that ask for them, oldest first. A worker holds one task at a time and
 * asks again when it is done, so none waits behind a long one. (Akka's own work pulling keeps a
 * second task waiting at each worker and picks workers at random.)
 *
 * <p>A task that throws is tried again after a pause, on another worker if one is free, a set
 * number of times; one whose input is at fault is not. The task of a worker that stopped is handed
 * out again. Holds everything in memory: what was submitted is lost when the actor is.
 */
public final class WorkQueue extends AbstractBehavior<WorkQueue.Command> {
  /** What the queue receives. */
  public sealed interface Command {}

  /** A task to be done; its progress goes to one, its result or failure to the other. */
  public record Submit(Task task, ActorRef<Progress> progress, ActorRef<Reply> replyTo)
      implements Command {}

  /** A worker has a free slot. */
  public record Pull(Role role, ActorRef<Worker.Command> worker) implements Command {}

  /** A worker tells how far it is. */
  public record Progressed(long id, Progress progress) implements Command {}

  /** A worker is done. */
  public record Completed(long id, TaskResult result) implements Command {}

  /** A worker could not do it. */
  public record Failed(long id, boolean badInput, String cause) implements Command {}

  private record WorkerLost(ActorRef<Worker.Command> worker) implements Command {}

  private record RetryDue(long id) implements Command {}

  /** What a submitter hears. */
  public sealed interface Reply {}

  /** The task is done. */
  public record Done(TaskResult result) implements Reply {}

  /** The task was given up. */
  public record GivenUp(TaskFailure failure) implements Reply {}

  /**
   * How often a task is tried.
   *
   * @param attempts in all
   * @param pause before the second one; doubles each time
   */
  public record Retries(int attempts, Duration pause) {}

  /** A queue without tasks and workers. */
  public static Behavior<Command> create(Retries retries) {
    return Behaviors.setup(
        context -> Behaviors.withTimers(timers -> new WorkQueue(context, timers, retries)));
  }

  /** A task between its submission and its end. */
  private static final class Entry {
    final long id;
    final Submit submit;
    final List<String> failures = new ArrayList<>();
    Optional<ActorRef<Worker.Command>> holder = Optional.empty();
    Optional<ActorRef<Worker.Command>> failedOn = Optional.empty();
    boolean waiting = true;

    Entry(long id, Submit submit) {
      this.id = id;
      this.submit = submit;
    }
  }

  private final TimerScheduler<Command> timers;
  private final Retries retries;
  private final Map<Long, Entry> entries = new LinkedHashMap<>();
  private final Map<Role, List<ActorRef<Worker.Command>>> idle = new HashMap<>();
  private long nextId;

  private WorkQueue(
      ActorContext<Command> context, TimerScheduler<Command> timers, Retries retries) {
    super(context);
    this.timers = timers;
    this.retries = retries;
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Submit.class, this::onSubmit)
        .onMessage(Pull.class, this::onPull)
        .onMessage(Progressed.class, this::onProgressed)
        .onMessage(Completed.class, this::onCompleted)
        .onMessage(Failed.class, this::onFailed)
        .onMessage(WorkerLost.class, this::onWorkerLost)
        .onMessage(RetryDue.class, this::onRetryDue)
        .build();
  }

  private Behavior<Command> onSubmit(Submit submit) {
    long id = nextId++;
    entries.put(id, new Entry(id, submit));
    handOut(submit.task().role());
    return this;
  }

  private Behavior<Command> onPull(Pull pull) {
    List<ActorRef<Worker.Command>> workers =
        idle.computeIfAbsent(pull.role(), role -> new ArrayList<>());
    if (!workers.contains(pull.worker())) {
      workers.add(pull.worker());
      getContext().watchWith(pull.worker(), new WorkerLost(pull.worker()));
    }
    handOut(pull.role());
    return this;
  }

  private void handOut(Role role) {
    List<ActorRef<Worker.Command>> workers = idle.getOrDefault(role, List.of());
    for (Entry entry : entries.values()) {
      if (workers.isEmpty()) {
        return;
      }
      if (entry.waiting && entry.submit.task().role() == role) {
        ActorRef<Worker.Command> worker =
            workers.stream()
                .filter(candidate -> !entry.failedOn.equals(Optional.of(candidate)))
                .findFirst()
                .orElse(workers.get(0));
        workers.remove(worker);
        entry.waiting = false;
        entry.holder = Optional.of(worker);
        worker.tell(new Worker.Assigned(entry.id, entry.submit.task()));
      }
    }
  }

  private Behavior<Command> onProgressed(Progressed progressed) {
    Entry entry = entries.get(progressed.id());
    if (entry != null) {
      entry.submit.progress().tell(progressed.progress());
    }
    return this;
  }

  private Behavior<Command> onCompleted(Completed completed) {
    // A task that was handed out twice ends once.
    Entry entry = entries.remove(completed.id());
    if (entry != null) {
      entry.submit.replyTo().tell(new Done(completed.result()));
    }
    return this;
  }

  private Behavior<Command> onFailed(Failed failed) {
    Entry entry = entries.get(failed.id());
    if (entry != null) {
      fail(entry, failed.badInput(), failed.cause());
    }
    return this;
  }

  private Behavior<Command> onWorkerLost(WorkerLost lost) {
    idle.values().forEach(workers -> workers.remove(lost.worker()));
    for (Entry entry : List.copyOf(entries.values())) {
      if (entry.holder.equals(Optional.of(lost.worker()))) {
        fail(entry, false, "its worker stopped");
      }
    }
    return this;
  }

  private void fail(Entry entry, boolean badInput, String cause) {
    entry.failures.add(cause);
    entry.failedOn = entry.holder;
    entry.holder = Optional.empty();
    if (badInput || entry.failures.size() >= retries.attempts()) {
      entries.remove(entry.id);
      entry.submit.replyTo().tell(new GivenUp(new TaskFailure(badInput, cause, entry.failures)));
      return;
    }
    Duration pause = retries.pause().multipliedBy(1L << (entry.failures.size() - 1));
    timers.startSingleTimer(entry.id, new RetryDue(entry.id), pause);
  }

  private Behavior<Command> onRetryDue(RetryDue due) {
    Entry entry = entries.get(due.id());
    if (entry != null) {
      entry.waiting = true;
      handOut(entry.submit.task().role());
    }
    return this;
  }
}
