package org.rebasin.actors.node;

import akka.Done;
import akka.actor.CoordinatedShutdown;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.cluster.typed.Cluster;
import akka.cluster.typed.Join;
import akka.cluster.typed.JoinSeedNodes;
import com.typesafe.config.Config;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.WorkQueue;

/** A node of a cluster in this process. Thread-safe. */
public final class ClusterNode {
  /** The name that the actor systems of all nodes have. */
  static final String SYSTEM = "rebasin";

  private final ActorSystem<Void> system;
  private final CompletableFuture<Done> joined = new CompletableFuture<>();

  private ClusterNode(ActorSystem<Void> system) {
    this.system = system;
    akka.cluster.Cluster.get(system).registerOnMemberUp(() -> joined.complete(Done.getInstance()));
    system
        .getWhenTerminated()
        .whenComplete(
            (done, thrown) ->
                joined.completeExceptionally(
                    new IllegalStateException("the node stopped before it had joined")));
  }

  /**
   * Starts a node and begins to join its cluster.
   *
   * @param config with {@code node.conf}
   * @throws IllegalArgumentException if a setting is wrong
   */
  public static ClusterNode start(Config config, ModelStore store, Datasets datasets) {
    SeedNodes seeds = SeedNodes.of(config);
    ActorSystem<Void> system =
        ActorSystem.create(
            ClusterGuardian.create(store, datasets, runner -> runner), SYSTEM, config);
    Cluster cluster = Cluster.get(system);
    if (seeds.addresses().isEmpty()) {
      cluster.manager().tell(Join.create(cluster.selfMember().address()));
    } else {
      cluster.manager().tell(new JoinSeedNodes(seeds.addresses()));
    }
    return new ClusterNode(system);
  }

  /** Completes when this node is a member of its cluster. */
  public CompletionStage<Done> joined() {
    return joined;
  }

  /** Completes when this node has stopped, whoever stopped it. */
  public CompletionStage<Done> stopped() {
    return system.getWhenTerminated();
  }

  /** Hands work back, leaves the cluster and stops. */
  public CompletionStage<Done> stop() {
    return CoordinatedShutdown.get(system).runAll(CoordinatedShutdown.actorSystemTerminateReason());
  }

  /** The queue of the whole cluster, wherever it is. */
  public ActorRef<WorkQueue.Command> queue() {
    return ClusterGuardian.queue(system);
  }

  /** The actor system, for what is served beside the cluster. */
  public ActorSystem<Void> system() {
    return system;
  }
}
