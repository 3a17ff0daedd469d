package org.rebasin.actors.job;

import akka.NotUsed;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.RecipientRef;
import akka.actor.typed.javadsl.AskPattern;
import akka.cluster.sharding.typed.ClusterShardingSettings;
import akka.cluster.sharding.typed.javadsl.ClusterSharding;
import akka.cluster.sharding.typed.javadsl.Entity;
import akka.cluster.sharding.typed.javadsl.EntityTypeKey;
import akka.cluster.typed.ClusterSingleton;
import akka.cluster.typed.ClusterSingletonSettings;
import akka.cluster.typed.SingletonActor;
import akka.japi.function.Function;
import akka.stream.javadsl.Source;
import com.typesafe.config.Config;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.rebasin.actors.job.JobRefusedException.Reason;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.WorkQueue;

/**
 * The jobs of a cluster: sharded by their names over the coordinators, which remember in the
 * journal which of them have not ended, so that they go on by themselves wherever the cluster is
 * started again. A node that coordinates nothing asks those that do.
 */
public final class JobsOnCluster implements Jobs {
  /** The role of nodes that hold jobs. */
  public static final String COORDINATOR = "coordinator";

  private static final String RETENTION = "rebasin.job.retention";

  private static final EntityTypeKey<MergeJob.Command> TYPE =
      EntityTypeKey.create(MergeJob.Command.class, "merge-job");
  private static final int MAX_PAGE = 1000;

  private final ActorSystem<?> system;
  private final ActorRef<JobIndex.Command> index;
  private final Duration timeout;

  private JobsOnCluster(ActorSystem<?> system, ActorRef<JobIndex.Command> index) {
    this.system = system;
    this.index = index;
    this.timeout = system.settings().config().getDuration("rebasin.job.ask-timeout");
  }

  private static Optional<Duration> retention(ActorSystem<?> system) {
    Config config = system.settings().config();
    return config.getString(RETENTION).equals("off")
        ? Optional.empty()
        : Optional.of(config.getDuration(RETENTION));
  }

  /**
   * Starts this node's part; once on each node, after {@link JournalSchema#create}.
   *
   * @param queue takes the tasks of all jobs
   */
  public static JobsOnCluster start(ActorSystem<?> system, ActorRef<WorkQueue.Command> queue) {
    JobEnvironment.Limits limits = JobEnvironment.Limits.of(system);
    ClusterSharding sharding = ClusterSharding.get(system);
    ActorRef<JobIndex.Command> index =
        ClusterSingleton.get(system)
            .init(
                SingletonActor.of(
                        JobIndex.create(
                            limits,
                            retention(system),
                            JobEnvironment.snapshotEvery(system),
                            Clock.systemUTC(),
                            job -> entity(sharding, job)),
                        "job-index")
                    .withStopMessage(new JobIndex.Stop())
                    .withSettings(ClusterSingletonSettings.create(system).withRole(COORDINATOR)));
    sharding.init(
        Entity.of(
                TYPE,
                context ->
                    MergeJob.create(
                        new JobId(context.getEntityId()),
                        JobEnvironment.sharded(system, queue, index, context.getShard())))
            .withRole(COORDINATOR)
            .withStopMessage(new MergeJob.Stop())
            .withSettings(remembered(system)));
    return new JobsOnCluster(system, index);
  }

  /** How entities are sharded that go on by themselves wherever the cluster is started again. */
  public static ClusterShardingSettings remembered(ActorSystem<?> system) {
    return ClusterShardingSettings.create(system)
        .withRememberEntities(true)
        .withRememberEntitiesStoreMode(
            ClusterShardingSettings.rememberEntitiesStoreModeEventSourced());
  }

  private static RecipientRef<MergeJob.Command> entity(ClusterSharding sharding, JobId job) {
    return sharding.entityRefFor(TYPE, job.value());
  }

  @Override
  public CompletionStage<JobId> submit(MergeRequest request, JobOptions options) {
    return askIndex(self -> new JobIndex.Add(request, options, self), JobIndex.Added.class)
        .thenApply(JobIndex.Added::job);
  }

  @Override
  public CompletionStage<Optional<JobView>> view(JobId job) {
    return ask(job, MergeJob.View::new)
        .thenApply(
            reply ->
                reply instanceof MergeJob.Viewed viewed
                    ? Optional.of(viewed.view())
                    : Optional.empty());
  }

  @Override
  public CompletionStage<JobPage> list(Optional<JobId> after, int limit) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw new IllegalArgumentException(
          "limit: expected 1 to %d, found %d".formatted(MAX_PAGE, limit));
    }
    return askIndex(self -> new JobIndex.Page(after, limit, self), JobIndex.Listed.class)
        .thenApply(JobIndex.Listed::page);
  }

  @Override
  public CompletionStage<JobView> cancel(JobId job) {
    return ask(job, MergeJob.Cancel::new, MergeJob.Viewed.class).thenApply(MergeJob.Viewed::view);
  }

  @Override
  public CompletionStage<JobView> retry(JobId job) {
    return ask(job, MergeJob.Retry::new, MergeJob.Viewed.class).thenApply(MergeJob.Viewed::view);
  }

  @Override
  public Source<JobEvent, NotUsed> events(JobId job, long afterSequence) {
    return Asking.events(
        afterSequence,
        sequence ->
            ask(job, self -> new MergeJob.EventsAfter(sequence, self), MergeJob.Happened.class)
                .thenApply(happened -> new Asking.Batch<>(happened.events(), happened.ended())),
        JobEvent::sequence,
        thrown ->
            thrown instanceof JobRefusedException refused
                && refused.reason() == Reason.UNAVAILABLE);
  }

  @Override
  public CompletionStage<Set<ModelId>> namedModels() {
    return askIndex(JobIndex.Models::new, JobIndex.NamedModels.class)
        .thenCompose(
            named -> {
              CompletionStage<Set<ModelId>> all =
                  CompletableFuture.completedStage(new HashSet<>(named.models()));
              for (JobId job : named.live()) {
                all =
                    all.thenCombine(
                        ask(job, MergeJob.NamedModels::new),
                        (before, reply) -> {
                          if (reply instanceof MergeJob.Named more) {
                            before.addAll(more.models());
                          }
                          return before;
                        });
              }
              return all.thenApply(Set::copyOf);
            });
  }

  private CompletionStage<MergeJob.Reply> ask(
      JobId job, Function<ActorRef<MergeJob.Reply>, MergeJob.Command> message) {
    RecipientRef<MergeJob.Command> entity = entity(ClusterSharding.get(system), job);
    return available(AskPattern.ask(entity, message, timeout, system.scheduler()));
  }

  private <R extends MergeJob.Reply> CompletionStage<R> ask(
      JobId job, Function<ActorRef<MergeJob.Reply>, MergeJob.Command> message, Class<R> type) {
    return ask(job, message)
        .thenApply(
            reply -> {
              if (reply instanceof MergeJob.Refused refused) {
                throw new JobRefusedException(refused.reason(), refused.message());
              }
              return type.cast(reply);
            });
  }

  private <R extends JobIndex.Reply> CompletionStage<R> askIndex(
      Function<ActorRef<JobIndex.Reply>, JobIndex.Command> message, Class<R> type) {
    CompletionStage<JobIndex.Reply> asked =
        AskPattern.ask(index, message, timeout, system.scheduler());
    return available(asked)
        .thenApply(
            reply -> {
              if (reply instanceof JobIndex.Refused refused) {
                throw new JobRefusedException(refused.reason(), refused.message());
              }
              return type.cast(reply);
            });
  }

  private <T> CompletionStage<T> available(CompletionStage<T> asked) {
    return Asking.orUnavailable(
        asked, timeout, message -> new JobRefusedException(Reason.UNAVAILABLE, message));
  }
}
