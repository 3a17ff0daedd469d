package org.rebasin.actors.federation;

import akka.actor.typed.ActorRef;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rebasin.actors.federation.FederationState.Known;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskKey;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.actors.work.WorkQueue;

/**
 * Versions that are being made again, to see whether the same comes of it. Forgotten when the
 * federation's actor stops; whoever asks, asks again.
 */
final class Reproductions {
  /** A task to be submitted. */
  record Step(TaskKey key, Task task) {}

  private static final class Run {
    private final Version version;
    private final Lineage.Recipe recipe;
    private final List<ActorRef<Federation.Reply>> askers = new ArrayList<>();
    private Step step;

    Run(Version version, Lineage.Recipe recipe, Step step) {
      this.version = version;
      this.recipe = recipe;
      this.step = step;
    }
  }

  private final Map<Integer, Run> runs = new HashMap<>();

  /**
   * Begins to make a version again, if that is not done already.
   *
   * @return what is to be submitted for it
   */
  Optional<Step> ask(Known state, Federation.Reproduce ask, Clock clock) {
    Version version = state.lineage().find(ask.version()).orElseThrow();
    Optional<Lineage.Recipe> recipe = state.lineage().recipe(ask.version());
    if (recipe.isEmpty()) {
      // It was given, and is what it was given as.
      ask.replyTo().tell(found(version, version.model()));
      return Optional.empty();
    }
    Run known = runs.get(ask.version());
    if (known != null) {
      known.askers.add(ask.replyTo());
      return Optional.empty();
    }
    // The queue remembers how the tasks of a job ended; this is to be done anew.
    TaskKey key = new TaskKey(JobId.next(clock), "reproduce", ask.version());
    Step step = new Step(key, new VersionMaking(state).aggregation(recipe.get()));
    Run run = new Run(version, recipe.get(), step);
    run.askers.add(ask.replyTo());
    runs.put(ask.version(), run);
    return Optional.of(step);
  }

  private static Federation.Reply found(Version version, ModelId model) {
    return new Federation.Reproduced(
        Optional.of(new Federations.Reproduction(version.number(), version.model(), model)));
  }

  /**
   * Takes a result, if it belongs here.
   *
   * @return what is to be submitted next
   */
  Optional<Step> heard(Known state, WorkQueue.Reply reply) {
    Optional<Run> run =
        runs.values().stream().filter(one -> one.step.key().equals(reply.key())).findFirst();
    if (run.isEmpty()) {
      return Optional.empty();
    }
    if (reply instanceof WorkQueue.GivenUp givenUp) {
      end(
          run.get(),
          new Federation.Refused(
              FederationRefusedException.Reason.CONFLICT,
              "version %d could not be made again: %s"
                  .formatted(run.get().version.number(), givenUp.failure().message())));
      return Optional.empty();
    }
    TaskResult result = ((WorkQueue.Done) reply).result();
    if (result instanceof TaskResult.Aggregated aggregated
        && state.settings().correction().isPresent()) {
      run.get().step =
          new Step(
              new TaskKey(reply.key().job(), "correct-again", run.get().version.number()),
              new VersionMaking(state)
                  .correction(
                      aggregated.model(),
                      run.get().recipe.ingredients(),
                      state.settings().correction().get()));
      return Optional.of(run.get().step);
    }
    ModelId model =
        result instanceof TaskResult.Aggregated aggregated
            ? aggregated.model()
            : ((TaskResult.Merged) result).model();
    end(run.get(), found(run.get().version, model));
    return Optional.empty();
  }

  private void end(Run run, Federation.Reply reply) {
    runs.remove(run.version.number());
    run.askers.forEach(asker -> asker.tell(reply));
  }

  /** Tells those who wait that they have to go on waiting; what is out and is submitted again. */
  List<Step> tick() {
    List<Step> out = new ArrayList<>();
    for (Run run : runs.values()) {
      run.askers.forEach(asker -> asker.tell(new Federation.Reproduced(Optional.empty())));
      run.askers.clear();
      out.add(run.step);
    }
    return out;
  }
}
