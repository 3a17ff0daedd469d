package org.rebasin.actors.work;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorRefResolver;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
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
import org.rebasin.actors.telemetry.TaskMetrics;
import org.rebasin.actors.wire.WireMessage;

/**
 * Hands tasks to the workers that ask for them. A worker holds one task at a time and asks again
 * when it is done, so none waits behind a long one. (Akka's own work pulling keeps a second task
 * waiting at each worker and picks workers at random.) Jobs take turns, see {@link WaitingTasks}. A
 * task that can be done at one node only, see {@link Task.Placed}, waits for that node, and others
 * pass it.
 *
 * <p>A task that throws is tried again after a pause, on another worker if one is free, a set
 * number of times; one whose input is at fault is not. The task of a worker that stopped is handed
 * out again, a set number of times too: it may be what stopped it.
 *
 * <p>Everything is in memory, and there is one queue in a cluster. When its node is lost, another
 * starts empty and learns all of it again: jobs submit again what they wait for, and workers keep
 * telling what they hold and what it came to.
 */
public final class WorkQueue extends AbstractBehavior<WorkQueue.Command> {
  /** Tasks that have ended and are remembered, for messages about them that are under way. */
  private static final int REMEMBERED = 256;

  /** What the queue receives. */
  public sealed interface Command extends WireMessage {}

  /**
   * A task to be done. Submitting it again while it waits or is being done changes only who hears
   * of it.
   *
   * @param priority the greater goes first
   * @param progress hears how far it is
   * @param replyTo hears how it ends, possibly twice
   */
  public record Submit(
      TaskKey key, Task task, int priority, ActorRef<Progress> progress, ActorRef<Reply> replyTo)
      implements Command {}

  /** Nothing of a job is wanted any more. */
  public record Withdraw(JobId job) implements Command {}

  /**
   * A worker has a free slot; repeated until a task comes.
   *
   * @param pull counts the worker's free slots: a task is assigned to one of them
   */
  public record Pull(Role role, ActorRef<Worker.Command> worker, long pull) implements Command {}

  /**
   * A worker tells where it is; repeated with whatever else it says.
   *
   * @param home the store of its node, see {@link Task.Placed}
   */
  public record Stationed(Role role, ActorRef<Worker.Command> worker, String home)
      implements Command {}

  /** A worker is at a task; repeated until its end. */
  public record Holding(TaskKey key, Role role, ActorRef<Worker.Command> worker, long pull)
      implements Command {}

  /** A worker tells how far it is. */
  public record Progressed(TaskKey key, Progress progress) implements Command {}

  /** A worker is done; repeated until {@link Worker.Acknowledged}. */
  public record Completed(TaskKey key, ActorRef<Worker.Command> worker, TaskResult result)
      implements Command {}

  /** A worker could not do it; repeated until {@link Worker.Acknowledged}. */
  public record Failed(TaskKey key, ActorRef<Worker.Command> worker, boolean badInput, String cause)
      implements Command {}

  /** A worker stops, and gives back the task it is at. */
  public record HandedBack(TaskKey key, ActorRef<Worker.Command> worker) implements Command {}

  /** Asks how much there is to do. */
  public record Measure(ActorRef<QueueLoad> replyTo) implements Command {}

  private record WorkerLost(ActorRef<Worker.Command> worker) implements Command {}

  private record RetryDue(TaskKey key) implements Command {}

  private record Settled() implements Command {}

  /** What a submitter hears. */
  public sealed interface Reply extends WireMessage {
    /** Of which task. */
    TaskKey key();
  }

  /** The task is done. */
  public record Done(TaskKey key, TaskResult result) implements Reply {}

  /** The task was given up. */
  public record GivenUp(TaskKey key, TaskFailure failure) implements Reply {}

  /**
   * How a queue treats tasks that do not end well.
   *
   * @param attempts how often in all a task may throw
   * @param losses how often in all its worker may stop
   * @param pause before the second attempt; doubles each time
   * @param settling how long a new queue listens, before it hands out anything, to workers that are
   *     at tasks of an earlier one
   */
  public record Rules(int attempts, int losses, Duration pause, Duration settling) {}

  /** A queue without tasks and workers. */
  public static Behavior<Command> create(Rules rules) {
    return Behaviors.setup(
        context -> Behaviors.withTimers(timers -> new WorkQueue(context, timers, rules)));
  }

  /** A task between its submission and its end. */
  private static final class Entry {
    private Submit submit;
    private final List<String> history = new ArrayList<>();
    private int failures;
    private int losses;
    private Optional<ActorRef<Worker.Command>> holder = Optional.empty();
    private Optional<ActorRef<Worker.Command>> failedOn = Optional.empty();

    Entry(Submit submit) {
      this.submit = submit;
    }

    TaskKey key() {
      return submit.key();
    }

    Role role() {
      return submit.task().role();
    }
  }

  private final TimerScheduler<Command> timers;
  private final Rules rules;
  private final Map<TaskKey, Entry> entries = new HashMap<>();
  private final WaitingTasks waiting = new WaitingTasks();
  private final WorkerSlots slots;
  private boolean settled;

  /** How tasks ended; empty where nobody wants to know. */
  private final Map<TaskKey, Optional<Reply>> ended =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<TaskKey, Optional<Reply>> eldest) {
          return size() > REMEMBERED;
        }
      };

  private WorkQueue(ActorContext<Command> context, TimerScheduler<Command> timers, Rules rules) {
    super(context);
    this.timers = timers;
    this.rules = rules;
    slots = new WorkerSlots(worker -> context.watchWith(worker, new WorkerLost(worker)));
    settled = rules.settling().isZero();
    if (!settled) {
      timers.startSingleTimer(new Settled(), rules.settling());
    }
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Submit.class, this::onSubmit)
        .onMessage(Withdraw.class, this::onWithdraw)
        .onMessage(Pull.class, this::onPull)
        .onMessage(Stationed.class, this::onStationed)
        .onMessage(Holding.class, this::onHolding)
        .onMessage(Progressed.class, this::onProgressed)
        .onMessage(Completed.class, this::onCompleted)
        .onMessage(Failed.class, this::onFailed)
        .onMessage(HandedBack.class, this::onHandedBack)
        .onMessage(Measure.class, this::onMeasure)
        .onMessage(WorkerLost.class, this::onWorkerLost)
        .onMessage(RetryDue.class, this::onRetryDue)
        .onMessage(Settled.class, this::onSettled)
        .onSignal(PostStop.class, this::onPostStop)
        .build();
  }

  private Behavior<Command> onSubmit(Submit submit) {
    Optional<Reply> end = ended.getOrDefault(submit.key(), Optional.empty());
    if (end.isPresent()) {
      submit.replyTo().tell(end.get());
      return this;
    }
    Entry known = entries.get(submit.key());
    if (known != null) {
      known.submit = submit;
      return this;
    }
    ended.remove(submit.key());
    Entry entry = new Entry(submit);
    entries.put(submit.key(), entry);
    TaskMetrics.queued(entry.role().text());
    awaitTurn(entry);
    return this;
  }

  private void awaitTurn(Entry entry) {
    waiting.add(entry.role(), entry.key(), entry.submit.priority());
    handOut(entry.role());
  }

  private Behavior<Command> onWithdraw(Withdraw withdraw) {
    ended.replaceAll((key, end) -> key.job().equals(withdraw.job()) ? Optional.empty() : end);
    for (Entry entry : List.copyOf(entries.values())) {
      if (entry.key().job().equals(withdraw.job())) {
        end(entry, Optional.empty());
      }
    }
    return this;
  }

  private Behavior<Command> onPull(Pull pull) {
    WorkerSlots.Slot slot = slots.of(pull.worker(), pull.role());
    if (pull.pull() < slot.pull) {
      return this;
    }
    if (slot.held.isPresent() && pull.pull() == slot.pull) {
      // What was assigned to this slot is under way, or was lost there.
      assign(pull.worker(), slot, slot.held.get());
      return this;
    }
    slot.held.map(entries::get).ifPresent(entry -> lose(entry, "its worker dropped it"));
    slot.held = Optional.empty();
    slot.pull = pull.pull();
    slots.idle(pull.role()).add(pull.worker());
    handOut(pull.role());
    return this;
  }

  private Behavior<Command> onStationed(Stationed stationed) {
    WorkerSlots.Slot slot = slots.of(stationed.worker(), stationed.role());
    Optional<String> home = Optional.of(stationed.home());
    if (!slot.home.equals(home)) {
      slot.home = home;
      // Tasks of any role may have waited for somebody to be there.
      for (Role role : Role.values()) {
        handOut(role);
      }
    }
    return this;
  }

  private Behavior<Command> onHolding(Holding holding) {
    WorkerSlots.Slot slot = slots.of(holding.worker(), holding.role());
    Entry entry = entries.get(holding.key());
    if (entry != null && entry.holder.isEmpty()) {
      // Handed out by an earlier queue.
      timers.cancel(entry.key());
      waiting.remove(entry.role(), entry.key());
      slots.idle(slot.role).remove(holding.worker());
      slot.pull = holding.pull();
      hold(entry, holding.worker(), slot);
    }
    return this;
  }

  private void handOut(Role role) {
    while (settled && !slots.idle(role).isEmpty()) {
      Optional<TaskKey> next =
          waiting.next(role, key -> slots.anyIdleFor(entries.get(key).submit.task()));
      if (next.isEmpty()) {
        return;
      }
      Entry entry = entries.get(next.get());
      List<ActorRef<Worker.Command>> able = slots.idleFor(entry.submit.task());
      ActorRef<Worker.Command> worker =
          able.stream()
              .filter(candidate -> !entry.failedOn.equals(Optional.of(candidate)))
              .findFirst()
              .orElseGet(() -> able.get(0));
      slots.idle(role).remove(worker);
      WorkerSlots.Slot slot = slots.of(worker, role);
      hold(entry, worker, slot);
      assign(worker, slot, entry.key());
    }
  }

  private void hold(Entry entry, ActorRef<Worker.Command> worker, WorkerSlots.Slot slot) {
    entry.holder = Optional.of(worker);
    slot.held = Optional.of(entry.key());
    waiting.started(entry.key().job());
    TaskMetrics.started(entry.role().text());
  }

  private void assign(ActorRef<Worker.Command> worker, WorkerSlots.Slot slot, TaskKey key) {
    Entry entry = entries.get(key);
    if (entry != null) {
      worker.tell(new Worker.Assigned(key, slot.pull, entry.submit.task().itself()));
    }
  }

  private Behavior<Command> onProgressed(Progressed progressed) {
    Entry entry = entries.get(progressed.key());
    if (entry != null) {
      entry.submit.progress().tell(progressed.progress());
    }
    return this;
  }

  private Behavior<Command> onCompleted(Completed completed) {
    acknowledge(completed.key(), completed.worker());
    // The first to finish a task that was handed out twice ends it, whoever that is.
    Entry entry = entries.get(completed.key());
    if (entry != null) {
      end(entry, Optional.of(new Done(completed.key(), completed.result())));
    }
    return this;
  }

  private Behavior<Command> onFailed(Failed failed) {
    acknowledge(failed.key(), failed.worker());
    Entry entry = entries.get(failed.key());
    if (entry != null && entry.holder.equals(Optional.of(failed.worker()))) {
      entry.failures++;
      putBack(entry, failed.cause());
      if (failed.badInput() || entry.failures >= rules.attempts()) {
        giveUp(entry, failed.badInput());
      } else {
        retry(entry, entry.failures);
      }
    }
    return this;
  }

  /**
   * Tells a worker that it need not repeat how its task ended. Of a task that is not known here, a
   * job that has not yet submitted it again may still want to hear.
   */
  private void acknowledge(TaskKey key, ActorRef<Worker.Command> worker) {
    if (entries.containsKey(key) || ended.containsKey(key)) {
      slots
          .find(worker)
          .filter(slot -> slot.held.equals(Optional.of(key)))
          .ifPresent(slot -> slot.held = Optional.empty());
      worker.tell(new Worker.Acknowledged(key));
    }
  }

  private Behavior<Command> onHandedBack(HandedBack back) {
    slots.forget(back.worker());
    Entry entry = entries.get(back.key());
    if (entry != null && entry.holder.equals(Optional.of(back.worker()))) {
      waiting.ended(entry.key().job());
      entry.holder = Optional.empty();
      TaskMetrics.putBack(entry.role().text());
      awaitTurn(entry);
    }
    return this;
  }

  private Behavior<Command> onMeasure(Measure measure) {
    QueueLoad.Tally tally = new QueueLoad.Tally();
    entries.values().stream()
        .filter(entry -> entry.holder.isEmpty())
        .forEach(entry -> tally.waits(entry.role()));
    slots.tally(tally, ActorRefResolver.get(getContext().getSystem()));
    measure.replyTo().tell(tally.load());
    return this;
  }

  private Behavior<Command> onWorkerLost(WorkerLost lost) {
    Optional<TaskKey> held = slots.find(lost.worker()).flatMap(slot -> slot.held);
    slots.forget(lost.worker());
    held.map(entries::get)
        .filter(entry -> entry.holder.equals(Optional.of(lost.worker())))
        .ifPresent(entry -> lose(entry, "its worker stopped"));
    return this;
  }

  private void lose(Entry entry, String cause) {
    entry.losses++;
    putBack(entry, cause);
    if (entry.losses >= rules.losses()) {
      giveUp(entry, false);
    } else {
      retry(entry, 1);
    }
  }

  private void putBack(Entry entry, String cause) {
    entry.history.add(cause);
    entry.failedOn = entry.holder;
    entry.holder = Optional.empty();
    waiting.ended(entry.key().job());
    TaskMetrics.putBack(entry.role().text());
  }

  private void retry(Entry entry, int attempts) {
    TaskMetrics.retried(entry.role().text());
    Duration pause = rules.pause().multipliedBy(1L << (attempts - 1));
    timers.startSingleTimer(entry.key(), new RetryDue(entry.key()), pause);
  }

  private void giveUp(Entry entry, boolean badInput) {
    String cause = entry.history.get(entry.history.size() - 1);
    end(
        entry,
        Optional.of(new GivenUp(entry.key(), new TaskFailure(badInput, cause, entry.history))));
  }

  private void end(Entry entry, Optional<Reply> reply) {
    entries.remove(entry.key());
    timers.cancel(entry.key());
    waiting.remove(entry.role(), entry.key());
    if (entry.holder.isPresent()) {
      waiting.ended(entry.key().job());
    }
    TaskMetrics.ended(entry.role().text(), entry.holder.isPresent(), outcome(reply));
    ended.put(entry.key(), reply);
    reply.ifPresent(entry.submit.replyTo()::tell);
  }

  private static String outcome(Optional<Reply> reply) {
    return reply.map(end -> end instanceof Done ? "done" : "failed").orElse("withdrawn");
  }

  private Behavior<Command> onRetryDue(RetryDue due) {
    Entry entry = entries.get(due.key());
    if (entry != null && entry.holder.isEmpty()) {
      awaitTurn(entry);
    }
    return this;
  }

  private Behavior<Command> onSettled(Settled ignored) {
    settled = true;
    for (Role role : Role.values()) {
      handOut(role);
    }
    return this;
  }

  private Behavior<Command> onPostStop(PostStop stop) {
    TaskMetrics.queueLeft();
    return this;
  }
}
