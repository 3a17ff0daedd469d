package org.rebasin.actors.node;

import akka.Done;
import akka.actor.CoordinatedShutdown;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AskPattern;
import akka.actor.typed.javadsl.Behaviors;
import akka.cluster.typed.Cluster;
import akka.cluster.typed.ClusterSingleton;
import akka.cluster.typed.ClusterSingletonSettings;
import akka.cluster.typed.SingletonActor;
import com.typesafe.config.Config;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.stream.ActivationTransfer;
import org.rebasin.actors.stream.Replicas;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.ReplicatingRunner;
import org.rebasin.actors.work.Role;
import org.rebasin.actors.work.WorkQueue;
import org.rebasin.actors.work.Worker;

/**
 * The parent of a cluster node's own actors: the workers of its roles. The work queue is one for
 * the whole cluster, on the oldest node of role {@link #COORDINATOR}.
 */
public final class ClusterGuardian {
  /** The role of nodes that keep jobs and the work queue. */
  public static final String COORDINATOR = "coordinator";

  private static final Duration DRAIN = Duration.ofSeconds(5);

  private ClusterGuardian() {}

  /**
   * To start the workers.
   *
   * @param replicas bring models to them and away from them
   * @param activations come from models that may not
   */
  record Begin(Replicas replicas, ActivationTransfer activations) {}

  /** The guardian of a node with the roles that its cluster member has. */
  static Behavior<Begin> create(ModelStore store, Datasets datasets) {
    return Behaviors.receive(
        (context, begin) -> {
          Config config = context.getSystem().settings().config().getConfig("rebasin");
          ActorRef<WorkQueue.Command> queue = queue(context.getSystem());
          Workforce workforce =
              Workforce.spawn(
                  context,
                  config,
                  roles(Cluster.get(context.getSystem()).selfMember().getRoles()),
                  queue,
                  store,
                  datasets,
                  runner -> new ReplicatingRunner(runner, begin.replicas(), context.getSystem()),
                  Optional.of(begin.activations()));
          // Work is handed back while the cluster still listens, so that none waits for this node.
          CoordinatedShutdown.get(context.getSystem())
              .addTask(
                  CoordinatedShutdown.PhaseBeforeServiceUnbind(),
                  "hand-work-back",
                  () -> drain(workforce.workers(), context.getSystem()));
          return Behaviors.same();
        });
  }

  /** The cluster's queue: started on the oldest coordinator, reached from everywhere. */
  static ActorRef<WorkQueue.Command> queue(ActorSystem<?> system) {
    Config config = system.settings().config().getConfig("rebasin");
    return ClusterSingleton.get(system)
        .init(
            SingletonActor.of(
                    WorkQueue.create(QueueRules.of(config, config.getDuration("work.settling"))),
                    "work-queue")
                .withSettings(ClusterSingletonSettings.create(system).withRole(COORDINATOR)));
  }

  private static Set<Role> roles(Set<String> names) {
    Set<Role> roles = EnumSet.noneOf(Role.class);
    for (Role role : Role.values()) {
      if (names.contains(role.text())) {
        roles.add(role);
      }
    }
    return roles;
  }

  private static CompletionStage<Done> drain(
      List<ActorRef<Worker.Command>> workers, ActorSystem<?> system) {
    CompletableFuture<?>[] drained =
        workers.stream()
            .map(
                worker ->
                    AskPattern.<Worker.Command, Done>ask(
                            worker, Worker.Drain::new, DRAIN, system.scheduler())
                        .toCompletableFuture())
            .toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(drained).handle((all, late) -> Done.getInstance());
  }
}
