package org.rebasin.actors.job;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.cluster.sharding.typed.javadsl.ClusterSharding;
import akka.persistence.typed.javadsl.RetentionCriteria;
import com.typesafe.config.Config;
import java.time.Duration;
import java.util.Optional;
import org.rebasin.actors.work.WorkQueue;

/**
 * What a job has around it.
 *
 * @param queue takes its tasks
 * @param index of all jobs, if there is one
 * @param shard what holds its actor, if it is sharded
 * @param snapshotEvery how many events after the last snapshot there is another; 0 for none
 */
public record JobEnvironment(
    ActorRef<WorkQueue.Command> queue,
    Limits limits,
    Optional<ActorRef<JobIndex.Command>> index,
    Optional<ActorRef<ClusterSharding.ShardCommand>> shard,
    int snapshotEvery) {
  private static final int SNAPSHOTS_KEPT = 2;

  /**
   * What bounds a job.
   *
   * @param concurrentTasks tasks that it has in the queue at a time
   * @param taskTimeout how long one task may take, with waiting
   * @param resubmission how often it submits again what it waits for
   * @param idle how long a job that has ended stays in memory
   * @param journalPause before a job whose journal was away tries again, at first
   * @param journalPatience the longest such pause
   */
  public record Limits(
      int concurrentTasks,
      Duration taskTimeout,
      Duration resubmission,
      Duration idle,
      Duration journalPause,
      Duration journalPatience) {
    /** As {@code rebasin.job} says. */
    public static Limits of(ActorSystem<?> system) {
      Config config = system.settings().config().getConfig("rebasin.job");
      return new Limits(
          config.getInt("concurrent-tasks"),
          config.getDuration("task-timeout"),
          config.getDuration("resubmission"),
          config.getDuration("idle"),
          config.getDuration("journal-pause"),
          config.getDuration("journal-patience"));
    }

    private Limits idleFor(Duration time) {
      return new Limits(
          concurrentTasks, taskTimeout, resubmission, time, journalPause, journalPatience);
    }
  }

  /** A job by itself in one process, which leaves memory soon after its end. */
  public static JobEnvironment alone(ActorSystem<?> system, ActorRef<WorkQueue.Command> queue) {
    return new JobEnvironment(
        queue,
        Limits.of(system).idleFor(Duration.ofSeconds(1)),
        Optional.empty(),
        Optional.empty(),
        snapshotEvery(system));
  }

  /** One of the sharded jobs of a cluster. */
  static JobEnvironment sharded(
      ActorSystem<?> system,
      ActorRef<WorkQueue.Command> queue,
      ActorRef<JobIndex.Command> index,
      ActorRef<ClusterSharding.ShardCommand> shard) {
    return new JobEnvironment(
        queue, Limits.of(system), Optional.of(index), Optional.of(shard), snapshotEvery(system));
  }

  static int snapshotEvery(ActorSystem<?> system) {
    return snapshotEvery(system, "rebasin.job.snapshot-every");
  }

  /**
   * A configured number of events from snapshot to snapshot; 0 where there is nothing to keep them
   * in, as with the journal in memory.
   */
  public static int snapshotEvery(ActorSystem<?> system, String path) {
    Config config = system.settings().config();
    return config.getString("akka.persistence.snapshot-store.plugin").isEmpty()
        ? 0
        : config.getInt(path);
  }

  /** Snapshots after so many events; none for 0. */
  public static RetentionCriteria retention(int snapshotEvery) {
    return snapshotEvery == 0
        ? RetentionCriteria.disabled()
        : RetentionCriteria.snapshotEvery(snapshotEvery, SNAPSHOTS_KEPT);
  }

  RetentionCriteria retention() {
    return retention(snapshotEvery);
  }

  /**
   * Has a job leave memory.
   *
   * @return whether it may stop at once; else its shard tells it to, when no message is under way
   */
  boolean sleep(ActorRef<MergeJob.Command> job) {
    shard.ifPresent(holder -> holder.tell(new ClusterSharding.Passivate<>(job)));
    return shard.isEmpty();
  }
}
