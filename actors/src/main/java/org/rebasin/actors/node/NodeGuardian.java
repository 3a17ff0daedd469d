package org.rebasin.actors.node;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.ChildFailed;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import com.typesafe.config.Config;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.rebasin.actors.federation.Federations;
import org.rebasin.actors.federation.FederationsInProcess;
import org.rebasin.actors.job.JobEnvironment;
import org.rebasin.actors.job.JobOptions;
import org.rebasin.actors.job.JobRefusedException;
import org.rebasin.actors.job.MergeJob;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.Progress;
import org.rebasin.actors.work.Role;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskKey;
import org.rebasin.actors.work.TaskRunner;
import org.rebasin.actors.work.WorkQueue;

/**
 * The parent of all actors of a node: the work queue, the workers, the jobs and the federations.
 */
public final class NodeGuardian extends AbstractBehavior<NodeGuardian.Command> {
  /** What the guardian receives. */
  public sealed interface Command {}

  /** Starts a job. */
  public record StartJob(
      MergeRequest request, ActorRef<Progress> progress, ActorRef<MergeJob.Reply> replyTo)
      implements Command {}

  /** Puts one task into the queue. */
  public record RunTask(Task task, ActorRef<Progress> progress, ActorRef<WorkQueue.Reply> replyTo)
      implements Command {}

  /** Asks for the federations. */
  public record AskFederations(ActorRef<Federations> replyTo) implements Command {}

  /**
   * The guardian of a node with all roles.
   *
   * @param runners wraps what the workers run; the identity but in tests
   */
  public static Behavior<Command> create(
      ModelStore store, Datasets datasets, UnaryOperator<TaskRunner> runners) {
    return Behaviors.setup(context -> new NodeGuardian(context, store, datasets, runners));
  }

  private final ActorRef<WorkQueue.Command> queue;
  private final Map<ActorRef<Void>, ActorRef<MergeJob.Reply>> waiting = new HashMap<>();
  private Optional<Federations> federations = Optional.empty();

  private NodeGuardian(
      ActorContext<Command> context,
      ModelStore store,
      Datasets datasets,
      UnaryOperator<TaskRunner> runners) {
    super(context);
    Config config = context.getSystem().settings().config().getConfig("rebasin");
    queue = context.spawn(WorkQueue.create(QueueRules.of(config, Duration.ZERO)), "work-queue");
    Workforce.spawn(
        context,
        config,
        EnumSet.allOf(Role.class),
        queue,
        store,
        datasets,
        runners,
        Optional.empty());
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(StartJob.class, this::onStartJob)
        .onMessage(RunTask.class, this::onRunTask)
        .onMessage(AskFederations.class, this::onAskFederations)
        .onSignal(ChildFailed.class, this::onJobFailed)
        .onSignal(Terminated.class, this::onJobStopped)
        .build();
  }

  private Behavior<Command> onStartJob(StartJob start) {
    ActorRef<MergeJob.Command> job =
        getContext()
            .spawnAnonymous(
                MergeJob.create(
                    JobId.next(Clock.systemUTC()),
                    JobEnvironment.alone(getContext().getSystem(), queue)));
    getContext().watch(job);
    waiting.put(job.unsafeUpcast(), start.replyTo());
    job.tell(
        new MergeJob.Start(
            start.request(),
            JobOptions.DEFAULT,
            Instant.now(),
            getContext().getSystem().ignoreRef()));
    job.tell(new MergeJob.Follow(start.progress(), start.replyTo()));
    return this;
  }

  /**
   * Who waits for a job is told when its actor fails, as it ends by itself then and says nothing.
   */
  private Behavior<Command> onJobFailed(ChildFailed failed) {
    ActorRef<MergeJob.Reply> replyTo = waiting.remove(failed.getRef());
    replyTo.tell(
        new MergeJob.Refused(
            JobRefusedException.Reason.UNAVAILABLE, "the job stopped: " + failed.cause()));
    return this;
  }

  /** It has told how it ended. */
  private Behavior<Command> onJobStopped(Terminated stopped) {
    waiting.remove(stopped.getRef());
    return this;
  }

  private Behavior<Command> onRunTask(RunTask run) {
    TaskKey key = new TaskKey(JobId.next(Clock.systemUTC()), "task", 0);
    queue.tell(new WorkQueue.Submit(key, run.task(), 0, run.progress(), run.replyTo()));
    return this;
  }

  private Behavior<Command> onAskFederations(AskFederations ask) {
    if (federations.isEmpty()) {
      federations = Optional.of(FederationsInProcess.start(getContext(), queue));
    }
    ask.replyTo().tell(federations.get());
    return this;
  }
}
