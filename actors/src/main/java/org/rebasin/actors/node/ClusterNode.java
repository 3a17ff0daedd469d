package org.rebasin.actors.node;

import akka.Done;
import akka.actor.CoordinatedShutdown;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.cluster.typed.Cluster;
import akka.cluster.typed.Join;
import akka.cluster.typed.JoinSeedNodes;
import akka.management.cluster.bootstrap.ClusterBootstrap;
import akka.management.javadsl.AkkaManagement;
import com.typesafe.config.Config;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.stream.ActivationTransfer;
import org.rebasin.actors.stream.ModelTransfer;
import org.rebasin.actors.stream.ReplicaSettings;
import org.rebasin.actors.stream.Replicas;
import org.rebasin.actors.stream.TransferSettings;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.Role;
import org.rebasin.actors.work.WorkQueue;

/** A node of a cluster in this process. Thread-safe. */
public final class ClusterNode {
  /** The name that the actor systems of all nodes have. */
  static final String SYSTEM = "rebasin";

  private final ActorSystem<ClusterGuardian.Begin> system;
  private final Replicas replicas;
  private final ActivationTransfer activations;
  private final CompletableFuture<Done> joined = new CompletableFuture<>();

  private ClusterNode(
      ActorSystem<ClusterGuardian.Begin> system,
      Replicas replicas,
      ActivationTransfer activations) {
    this.system = system;
    this.replicas = replicas;
    this.activations = activations;
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
    requireSettings(config);
    SeedNodes seeds = SeedNodes.of(config);
    ActorSystem<ClusterGuardian.Begin> system =
        ActorSystem.create(ClusterGuardian.create(store, datasets), SYSTEM, config);
    TransferSettings settings = TransferSettings.of(config.getConfig("rebasin.stream"));
    ModelTransfer transfer = ModelTransfer.start(system, store, settings);
    ActivationTransfer activations =
        ActivationTransfer.start(
            system,
            store,
            data -> datasets.get(data).train(),
            settings,
            Role.COLLECTOR.dispatcher());
    Replicas replicas =
        Replicas.start(system, store, transfer, ReplicaSettings.of(config.getConfig("rebasin")));
    system.tell(new ClusterGuardian.Begin(replicas, activations));
    Cluster cluster = Cluster.get(system);
    if (config.getBoolean("rebasin.node.management")) {
      AkkaManagement.get(system).start();
    }
    if (config.getBoolean("rebasin.node.bootstrap")) {
      ClusterBootstrap.get(system).start();
    } else if (seeds.addresses().isEmpty()) {
      cluster.manager().tell(Join.create(cluster.selfMember().address()));
    } else {
      cluster.manager().tell(new JoinSeedNodes(seeds.addresses()));
    }
    return new ClusterNode(system, replicas, activations);
  }

  /**
   * Checks a node's settings, which {@link #start} does as well, before anything is made for it.
   *
   * @param config with {@code node.conf}
   * @throws IllegalArgumentException if a setting is wrong
   */
  public static void requireSettings(Config config) {
    requireOneWayIn(config, SeedNodes.of(config));
    requireTlsInPublic(config);
    requireKnownRoles(config);
  }

  private static void requireOneWayIn(Config config, SeedNodes seeds) {
    boolean bootstrap = config.getBoolean("rebasin.node.bootstrap");
    if (bootstrap && !config.getBoolean("rebasin.node.management")) {
      throw new IllegalArgumentException(
          "rebasin.node.bootstrap: nodes find each other by their management ports; expected"
              + " rebasin.node.management to be on, found off");
    }
    if (bootstrap && !seeds.addresses().isEmpty()) {
      throw new IllegalArgumentException(
          "rebasin.node: expected either bootstrap or seed-nodes, found both");
    }
  }

  private static void requireKnownRoles(Config config) {
    List<String> known =
        Stream.concat(
                Stream.of(ClusterGuardian.COORDINATOR),
                Arrays.stream(Role.values()).map(Role::text))
            .toList();
    List<String> roles = config.getStringList("rebasin.node.roles");
    for (String role : roles) {
      if (!known.contains(role)) {
        throw new IllegalArgumentException(
            "rebasin.node.roles: expected some of %s, found '%s'"
                .formatted(String.join(", ", known), role));
      }
    }
    if (roles.isEmpty()) {
      throw new IllegalArgumentException(
          "rebasin.node.roles: expected some of %s, found none"
              .formatted(String.join(", ", known)));
    }
  }

  /** Whoever can speak to a node's port can have it do anything, but for certificates. */
  private static void requireTlsInPublic(Config config) {
    String host = config.getString("akka.remote.artery.canonical.hostname");
    String transport = config.getString("akka.remote.artery.transport");
    try {
      if (!transport.equals("tls-tcp") && !InetAddress.getByName(host).isLoopbackAddress()) {
        throw new IllegalArgumentException(
            "rebasin.node.host: %s is not a loopback address; expected TLS between nodes"
                    .formatted(host)
                + " (config/tls.conf), found transport "
                + transport);
      }
    } catch (UnknownHostException problem) {
      throw new IllegalArgumentException(
          "rebasin.node.host: expected an address or a known name, found " + host, problem);
    }
  }

  /** Completes when this node is a member of its cluster. */
  public CompletionStage<Done> joined() {
    return joined;
  }

  /** Completes when this node has stopped, whoever stopped it. */
  public CompletionStage<Done> stopped() {
    return system.getWhenTerminated();
  }

  /**
   * Hands work back, leaves the cluster and stops. Completes within the time that {@code
   * akka.coordinated-shutdown} allows, even if a connection does not end: Akka 2.8 waits for those
   * without a bound, and {@link #stopped()} may then not complete; where {@code exit-jvm} is on,
   * the process ends all the same.
   */
  public CompletionStage<Done> stop() {
    return CoordinatedShutdown.get(system).runAll(CoordinatedShutdown.actorSystemTerminateReason());
  }

  /** The queue of the whole cluster, wherever it is. */
  public ActorRef<WorkQueue.Command> queue() {
    return ClusterGuardian.queue(system);
  }

  /** Models on this node and others. */
  public Replicas replicas() {
    return replicas;
  }

  /** Streams of activations to other nodes. */
  public ActivationTransfer activations() {
    return activations;
  }

  /** The actor system, for what is served beside the cluster. */
  public ActorSystem<?> system() {
    return system;
  }
}
