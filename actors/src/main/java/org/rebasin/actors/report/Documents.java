package org.rebasin.actors.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rebasin.actors.job.MergeOutcome;
import org.rebasin.actors.job.MergeOutcome.Curve;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Split;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.actors.work.TaskResult.Evaluated;
import org.rebasin.model.alignment.Alignment;
import org.rebasin.model.alignment.ManyAlignment;
import org.rebasin.model.evaluation.Calibration;
import org.rebasin.model.evaluation.Score;

/** Results as the documents that {@code --json} prints; their keys are part of the contract. */
public final class Documents {
  private static final int RELIABILITY_BINS = 10;

  private Documents() {}

  public static Map<String, Object> alignment(TaskResult.Aligned aligned) {
    Alignment alignment = aligned.alignment();
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("method", alignment.method());
    document.put("objective_before", numberOrNull(alignment.objectiveBefore()));
    document.put("objective", numberOrNull(alignment.objective()));
    document.put("sweeps", alignment.sweeps());
    document.put("objectives", alignment.objectives());
    document.put("seconds", alignment.seconds());
    document.put("groups", aligned.groups());
    document.put("seed", alignment.seed());
    return document;
  }

  /** JSON has no NaN: what could not be told is null. */
  private static Object numberOrNull(double number) {
    return Double.isNaN(number) ? null : number;
  }

  /** With the matching's own objective where the weights' could not be told. */
  private static Map<String, Object> alignment(
      Map<String, Object> document, Optional<TaskResult.Matched> matched) {
    matched.ifPresent(
        found -> {
          document.put("similarity_before", found.similarityBefore());
          document.put("similarity", found.similarity());
        });
    return document;
  }

  public static Map<String, Object> permutations(TaskResult.Aligned aligned) {
    Map<String, Object> document = alignment(aligned);
    document.put(
        "groups",
        IntStream.range(0, aligned.groups().size())
            .mapToObj(
                g -> {
                  TaskResult.GroupReport group = aligned.groups().get(g);
                  Map<String, Object> entry = new LinkedHashMap<>();
                  entry.put("name", group.name());
                  entry.put("size", group.size());
                  entry.put("moved", group.moved());
                  entry.put(
                      "permutation", aligned.alignment().permutations().byGroup().get(g).toArray());
                  return entry;
                })
            .toList());
    return document;
  }

  public static Map<String, Object> score(Score score) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("loss", score.loss());
    document.put("accuracy", score.accuracy());
    document.put("examples", score.examples());
    return document;
  }

  /** A score with its calibration, in 10 bins. */
  public static Map<String, Object> evaluated(Evaluated evaluated) {
    Map<String, Object> document = score(evaluated.score());
    Calibration calibration = evaluated.evaluation().calibration().coarsened(RELIABILITY_BINS);
    document.put("expected_calibration_error", calibration.expectedError());
    document.put(
        "reliability",
        calibration.bins().stream()
            .map(
                bin -> {
                  Map<String, Object> entry = new LinkedHashMap<>();
                  entry.put("examples", bin.examples());
                  entry.put("confidence", bin.examples() == 0 ? null : bin.confidence());
                  entry.put("accuracy", bin.examples() == 0 ? null : bin.accuracy());
                  return entry;
                })
            .toList());
    return document;
  }

  public static Map<String, Object> commonAlignment(TaskResult.AlignedMany common) {
    ManyAlignment alignment = common.alignment();
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("method", alignment.method());
    document.put("objective_before", alignment.objectiveBefore());
    document.put("objective", alignment.objective());
    document.put("rounds", alignment.rounds());
    document.put("objectives", alignment.progress());
    document.put("seconds", alignment.seconds());
    document.put("seed", alignment.seed());
    return document;
  }

  public static Map<String, Object> controls(MergeOutcome.Controls controls) {
    Map<String, Object> document = new LinkedHashMap<>();
    controls.merged().ifPresent(score -> document.put("merged", evaluated(score)));
    document.put("parents", controls.parents().stream().map(Documents::evaluated).toList());
    document.put("naive", evaluated(controls.naive()));
    document.put("ensemble", evaluated(controls.ensemble()));
    return document;
  }

  public static Map<String, Object> curves(MergeOutcome outcome) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put(
        "lambdas",
        outcome.curves().values().stream()
            .flatMap(bySplit -> bySplit.values().stream())
            .findFirst()
            .map(Curve::lambdas)
            .orElse(List.of()));
    outcome.curves().forEach((kind, bySplit) -> document.put(kind.text(), curve(bySplit)));
    return document;
  }

  private static Map<String, Object> curve(Map<Split, Curve> bySplit) {
    Map<String, Object> document = new LinkedHashMap<>();
    bySplit.forEach(
        (split, curve) -> {
          Map<String, Object> entry = new LinkedHashMap<>();
          entry.put("loss", curve.losses());
          entry.put("accuracy", curve.accuracies());
          entry.put("barrier", curve.barrier().aboveChord());
          entry.put("barrier_midpoint", curve.barrier().aboveMidpoint());
          document.put(split.text(), entry);
        });
    return document;
  }

  public static Map<String, Object> training(TaskResult.Trained trained) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("model", trained.model().sha256());
    document.put("epochs", trained.epochs());
    document.put("seconds", trained.seconds());
    document.put("snapshots", trained.snapshots().size());
    return document;
  }

  /** What a method of matching was told beside the data, by the names that a request uses. */
  public static Map<String, Object> matching(Matching matching) {
    Map<String, Object> document = new LinkedHashMap<>();
    if (matching instanceof Matching.Weight weight) {
      document.put("restarts", weight.restarts());
    }
    if (matching instanceof Matching.StraightThrough through) {
      document.put("matching_epochs", through.epochs());
      document.put("matching_batch_size", through.batchSize());
      document.put("matching_rate", through.learningRate());
    }
    return document;
  }

  /** What a merge was asked to do, by the names that a request over HTTP uses. */
  public static Map<String, Object> settings(MergeRequest request) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("method", request.alignment().map(plan -> plan.matching().text()).orElse("none"));
    request
        .alignment()
        .ifPresent(
            plan -> {
              document.put("strategy", plan.strategy().text());
              document.put("seed", plan.seed());
              document.putAll(matching(plan.matching()));
            });
    request.merge().ifPresent(weights -> document.put("weights", weights));
    request
        .correction()
        .ifPresent(
            correction -> {
              document.put("correction", correction.kind().text());
              document.put("correction_examples", correction.examples());
            });
    request
        .evaluation()
        .ifPresent(
            evaluation -> {
              document.put("evaluate", evaluation.controls());
              document.put("points", evaluation.curvePoints());
            });
    return document;
  }

  /** Everything that a merge came to. */
  public static Map<String, Object> outcome(MergeOutcome outcome) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("models", outcome.models().stream().map(ModelId::sha256).toList());
    document.put(
        "alignments",
        IntStream.range(0, outcome.alignments().size())
            .mapToObj(
                i -> {
                  TaskResult.Aligned aligned = outcome.alignments().get(i);
                  // Without a merged model the permutations are what was asked for.
                  return alignment(
                      outcome.merged().isPresent() ? alignment(aligned) : permutations(aligned),
                      Optional.ofNullable(outcome.matched().get(i)));
                })
            .toList());
    outcome.common().ifPresent(common -> document.put("common_alignment", commonAlignment(common)));
    outcome.merged().ifPresent(merged -> document.put("merged", merged.sha256()));
    outcome.controls().ifPresent(controls -> document.put("evaluation", controls(controls)));
    if (!outcome.curves().isEmpty()) {
      document.put("curves", curves(outcome));
    }
    return document;
  }
}
