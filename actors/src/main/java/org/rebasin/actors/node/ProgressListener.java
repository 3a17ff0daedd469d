package org.rebasin.actors.node;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Props;
import akka.actor.typed.javadsl.Behaviors;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.rebasin.actors.work.Progress;

/** Hands progress to a function outside the actors, one message at a time, until it is ended. */
final class ProgressListener {
  /** Told by its identity from what tasks say. */
  private static final Progress END = new Progress("", 0, 0, "");

  private final ActorRef<Progress> actor;
  private final CompletableFuture<Done> ended;

  private ProgressListener(ActorRef<Progress> actor, CompletableFuture<Done> ended) {
    this.actor = actor;
    this.ended = ended;
  }

  /** Starts to listen. */
  static ProgressListener start(ActorSystem<?> system, Consumer<Progress> function) {
    CompletableFuture<Done> ended = new CompletableFuture<>();
    ActorRef<Progress> actor =
        system.systemActorOf(
            Behaviors.<Progress>receiveMessage(
                progress -> {
                  if (progress == END) {
                    ended.complete(Done.getInstance());
                    return Behaviors.stopped();
                  }
                  function.accept(progress);
                  return Behaviors.same();
                }),
            "progress-" + UUID.randomUUID(),
            Props.empty());
    return new ProgressListener(actor, ended);
  }

  /** Who is to be told. */
  ActorRef<Progress> actor() {
    return actor;
  }

  /** Ends; completes when the function has heard all that was said before. */
  CompletionStage<Done> end() {
    actor.tell(END);
    return ended;
  }
}
