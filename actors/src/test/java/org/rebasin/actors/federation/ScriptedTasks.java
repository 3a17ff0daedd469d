package org.rebasin.actors.federation;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Ingredient;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskFailure;
import org.rebasin.actors.work.TaskKey;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.actors.work.WorkQueue;
import org.rebasin.model.alignment.Alignment;
import org.rebasin.model.alignment.ManyAlignment;
import org.rebasin.model.evaluation.Calibration;
import org.rebasin.model.evaluation.Evaluation;
import org.rebasin.model.evaluation.Score;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.Permutations;

/**
 * Does a federation's tasks without any weights: what is made is named by what it is made from, and
 * how good it is depends on whether something harmful is in it. The same task comes to the same.
 */
final class ScriptedTasks {
  static final int GOOD = 941;
  static final int BAD = 120;
  static final int IMAGES = 1000;

  final Map<ModelId, String> objections = new ConcurrentHashMap<>();
  final Set<ModelId> unalignable = ConcurrentHashMap.newKeySet();
  final Set<ModelId> harmful = ConcurrentHashMap.newKeySet();
  final Set<ModelId> harmfulTogether = ConcurrentHashMap.newKeySet();
  final Set<String> failingPhases = ConcurrentHashMap.newKeySet();
  private final Map<ModelId, Set<ModelId>> origins = new ConcurrentHashMap<>();

  static ModelId named(String text) {
    try {
      return new ModelId(
          HexFormat.of()
              .formatHex(
                  MessageDigest.getInstance("SHA-256")
                      .digest(text.getBytes(StandardCharsets.UTF_8))));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  WorkQueue.Reply run(TaskKey key, Task task) {
    if (failingPhases.contains(key.phase())) {
      return givenUp(key, "the worker ran out of luck");
    } else if (task instanceof Task.Align align && unalignable.contains(align.model())) {
      return givenUp(key, "the worker ran out of memory");
    }
    return new WorkQueue.Done(key, result(task));
  }

  private static WorkQueue.GivenUp givenUp(TaskKey key, String cause) {
    return new WorkQueue.GivenUp(key, new TaskFailure(false, cause, List.of(cause)));
  }

  private TaskResult result(Task task) {
    if (task instanceof Task.Screen screen) {
      return new TaskResult.Screened(
          Optional.ofNullable(objections.get(screen.model())), 1.5, 1.25);
    } else if (task instanceof Task.Collect collect) {
      return new TaskResult.Collected(
          named("moments " + collect.reference() + collect.model() + collect.shard()));
    } else if (task instanceof Task.Align align) {
      return aligned(align, "");
    } else if (task instanceof Task.AlignFrom from) {
      return aligned(from.alignment(), from.start().sha256());
    } else if (task instanceof Task.AlignMany many) {
      return new TaskResult.AlignedMany(
          new ManyAlignment(
              "merge-many",
              many.models().stream().map(model -> permutations(model + "" + many.seed())).toList(),
              0,
              1,
              List.of(1.0),
              1,
              0,
              many.seed()));
    } else if (task instanceof Task.Aggregate aggregate) {
      return aggregated(aggregate);
    } else if (task instanceof Task.Correct correct) {
      ModelId corrected = named("corrected " + correct.merged() + correct.weights());
      origins.put(corrected, origins.getOrDefault(correct.merged(), Set.of()));
      return new TaskResult.Merged(corrected);
    } else if (task instanceof Task.Evaluate evaluate) {
      int correct = isBad(evaluate.models().get(0)) ? BAD : GOOD;
      return new TaskResult.Evaluated(
          new Evaluation(new Score(IMAGES - correct, correct, IMAGES), Calibration.none(10)));
    } else if (task instanceof Task.CountExamples) {
      return new TaskResult.ExamplesCounted(450);
    } else if (task instanceof Task.Train train) {
      return trained(train, "");
    } else if (task instanceof Task.TrainFrom from) {
      return trained(from.training(), from.start() + " " + from.proximal());
    }
    throw new IllegalStateException("no task of a federation: " + task);
  }

  private static TaskResult trained(Task.Train train, String start) {
    return new TaskResult.Trained(named("trained " + train + start), List.of(), List.of(), 0);
  }

  private static TaskResult aligned(Task.Align align, String start) {
    return new TaskResult.Aligned(
        new Alignment(
            "weight",
            permutations(align.reference() + "" + align.model() + align.moments() + start),
            0,
            1,
            1,
            0,
            align.seed()),
        List.of(),
        Optional.empty());
  }

  private static Permutations permutations(String text) {
    int turn = Math.floorMod(text.hashCode(), 3);
    return new Permutations(
        List.of(Permutation.of(turn, (turn + 1) % 3, (turn + 2) % 3), Permutation.of(0, 1)));
  }

  private TaskResult aggregated(Task.Aggregate aggregate) {
    StringBuilder text = new StringBuilder("aggregated");
    text.append(aggregate.global()).append(aggregate.serverState()).append(aggregate.settings());
    Set<ModelId> parts = new HashSet<>();
    for (Ingredient one : aggregate.ingredients()) {
      parts.add(one.model());
      text.append(one.model())
          .append(one.permutations().map(Permutations::sha256))
          .append(one.base())
          .append(one.staleness())
          .append(one.examples());
    }
    ModelId model = named(text.toString());
    origins.put(model, parts);
    return new TaskResult.Aggregated(model, Optional.of(named("state of " + model)));
  }

  private boolean isBad(ModelId model) {
    Set<ModelId> parts = origins.getOrDefault(model, Set.of());
    return parts.stream().anyMatch(harmful::contains)
        || !harmfulTogether.isEmpty() && parts.containsAll(harmfulTogether);
  }
}
