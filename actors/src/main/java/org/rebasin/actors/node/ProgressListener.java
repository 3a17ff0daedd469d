package org.rebasin.actors.node;

import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.Behaviors;
import java.util.function.Consumer;
import org.rebasin.actors.work.Progress;

/** Hands the progress of a job to a function outside the actors, one message at a time. */
final class ProgressListener {
  private ProgressListener() {}

  static Behavior<Progress> create(Consumer<Progress> function) {
    return Behaviors.receiveMessage(
        progress -> {
          function.accept(progress);
          return Behaviors.same();
        });
  }
}
