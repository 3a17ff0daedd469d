package org.rebasin.actors.federation;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.cluster.sharding.typed.ShardingEnvelope;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.rebasin.actors.job.JobEnvironment;
import org.rebasin.actors.work.WorkQueue;

/**
 * The federations of a process by itself: their parent, which starts each when it is first spoken
 * of. They live as long as the process does, as far as the journal is in memory.
 */
public final class FederationsInProcess
    extends AbstractBehavior<ShardingEnvelope<Federation.Command>> {

  /**
   * Starts the federations of a process.
   *
   * @param parent under which their actors are
   * @param queue takes the tasks of all federations
   */
  public static Federations start(ActorContext<?> parent, ActorRef<WorkQueue.Command> queue) {
    ActorSystem<?> system = parent.getSystem();
    // The federations tell the index of themselves, and it tells them to go on.
    CompletableFuture<ActorRef<ShardingEnvelope<Federation.Command>>> known =
        new CompletableFuture<>();
    ActorRef<FederationIndex.Command> index =
        parent.spawn(
            FederationIndex.create(
                JobEnvironment.Limits.of(system),
                JobEnvironment.snapshotEvery(system, FederationEnvironment.SNAPSHOTS),
                (name, command) ->
                    known.thenAccept(
                        all -> all.tell(new ShardingEnvelope<>(name.value(), command)))),
            "federation-index");
    FederationEnvironment environment = FederationEnvironment.of(system, queue, index);
    ActorRef<ShardingEnvelope<Federation.Command>> federations =
        parent.spawn(
            Behaviors.setup(context -> new FederationsInProcess(context, environment)),
            "federations");
    known.complete(federations);
    return new AskedFederations(system, federations, index);
  }

  private final Map<String, ActorRef<Federation.Command>> federations = new HashMap<>();
  private final FederationEnvironment environment;

  private FederationsInProcess(
      ActorContext<ShardingEnvelope<Federation.Command>> context,
      FederationEnvironment environment) {
    super(context);
    this.environment = environment;
  }

  @Override
  public Receive<ShardingEnvelope<Federation.Command>> createReceive() {
    return newReceiveBuilder()
        .onAnyMessage(this::onEnvelope)
        .onSignal(Terminated.class, this::onTerminated)
        .build();
  }

  private Behavior<ShardingEnvelope<Federation.Command>> onEnvelope(
      ShardingEnvelope<Federation.Command> envelope) {
    federations.computeIfAbsent(envelope.entityId(), this::spawn).tell(envelope.message());
    return this;
  }

  private ActorRef<Federation.Command> spawn(String name) {
    ActorRef<Federation.Command> federation =
        getContext().spawnAnonymous(Federation.create(new FederationName(name), environment));
    getContext().watch(federation);
    return federation;
  }

  /** One that failed is started again when it is next spoken of. */
  private Behavior<ShardingEnvelope<Federation.Command>> onTerminated(Terminated terminated) {
    federations.values().removeIf(federation -> federation.equals(terminated.getRef()));
    return this;
  }
}
