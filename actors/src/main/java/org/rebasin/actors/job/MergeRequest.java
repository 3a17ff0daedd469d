package org.rebasin.actors.job;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.Outline;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Split;
import org.rebasin.actors.work.Strategy;
import org.rebasin.actors.work.Task;

/**
 * What a merge job is to do.
 *
 * @param models where the models come from; the first is the reference
 * @param alignment how they are brought into one order; empty leaves them as they are
 * @param merge whether to average them, and how much each counts, summing to 1
 * @param correction of the merged model, and of a curve of its own
 * @param evaluation what is to be evaluated, if anything
 */
public record MergeRequest(
    List<Source> models,
    Optional<AlignmentPlan> alignment,
    Optional<List<Double>> merge,
    Optional<Correction> correction,
    Optional<EvaluationPlan> evaluation) {

  /** Checks that the parts fit. */
  public MergeRequest {
    models = List.copyOf(models);
    if (models.size() < 2) {
      throw new IllegalArgumentException("expected at least two models, found " + models.size());
    }
    merge = merge.map(List::copyOf);
    if (merge.isPresent() && merge.get().size() != models.size()) {
      throw new IllegalArgumentException(
          "expected a weight for each of %d models, found %d"
              .formatted(models.size(), merge.get().size()));
    }
    boolean toReference =
        alignment.map(plan -> plan.strategy() == Strategy.TO_REFERENCE).orElse(true);
    if (!toReference && !(alignment.get().matching() instanceof Matching.Weight)) {
      throw new IllegalArgumentException(
          "strategy %s: expected method weight, found %s"
              .formatted(alignment.get().strategy().text(), alignment.get().matching().text()));
    }
    if (!toReference && evaluation.map(EvaluationPlan::curvePoints).orElse(0) > 0) {
      throw new IllegalArgumentException(
          "strategy %s brings no model into the order of the first; expected no curve"
              .formatted(alignment.get().strategy().text()));
    }
  }

  /** Where a model comes from. */
  public sealed interface Source {
    /** The model, if it is there already. */
    default Optional<ModelId> stored() {
      return Optional.empty();
    }
  }

  /** A model of the store, which any node may have. */
  public record Stored(ModelId id) implements Source {
    @Override
    public Optional<ModelId> stored() {
      return Optional.of(id);
    }
  }

  /**
   * A model that may not leave its node.
   *
   * @param home the store that has it, see {@link org.rebasin.actors.store.ModelStore#home}
   * @param node the address of that store's node when the merge was asked for, for people
   * @param outline of the model, where it will be compared with one that it may not meet
   */
  public record Private(ModelId id, String home, String node, Optional<Outline> outline)
      implements Source {
    @Override
    public Optional<ModelId> stored() {
      return Optional.of(id);
    }
  }

  /** A model to be trained first. */
  public record ToTrain(Task.Train task) implements Source {}

  /** The models that are there already, in order. */
  public List<ModelId> stored() {
    return models.stream().flatMap(source -> source.stored().stream()).toList();
  }

  /**
   * How models are aligned.
   *
   * @param strategy what all are aligned to
   * @param matching how the permutations are found; all but {@link Strategy#TO_REFERENCE} match
   *     weights
   * @param keepModels whether the aligned models themselves are wanted
   */
  public record AlignmentPlan(Strategy strategy, Matching matching, long seed, boolean keepModels) {
    /** Aligns each model to the first. */
    public static AlignmentPlan toReference(Matching matching, long seed, boolean keepModels) {
      return new AlignmentPlan(Strategy.TO_REFERENCE, matching, seed, keepModels);
    }

    /** What decides the permutations, with the weights, by name. */
    Map<String, String> settings() {
      Map<String, String> settings = new TreeMap<>();
      settings.put("strategy", strategy.text());
      settings.put("seed", String.valueOf(seed));
      if (strategy == Strategy.TO_REFERENCE) {
        settings.put("method", matching.text());
        settings.putAll(matching.settings());
      }
      return settings;
    }
  }

  /**
   * What is evaluated.
   *
   * @param data the data set's text
   * @param controls whether to evaluate the merged model, each parent, the naive average and the
   *     ensemble on the test images
   * @param curvePoints points of the curve between the first two models, naive and aligned; 0 for
   *     none
   * @param curveSplits the parts of the data set for the curve
   * @param curveKinds which curves, of those that the request gives the means for
   */
  public record EvaluationPlan(
      String data,
      boolean controls,
      int curvePoints,
      Set<Split> curveSplits,
      Set<MergeOutcome.CurveKind> curveKinds) {
    /** Copies the sets. */
    public EvaluationPlan {
      curveSplits = Set.copyOf(curveSplits);
      curveKinds = Set.copyOf(curveKinds);
    }

    /** The plan in an order that never changes, as sets do. */
    public String text() {
      return "%s, controls %s, %d points, %s, %s"
          .formatted(
              data,
              controls,
              curvePoints,
              curveSplits.stream().sorted().toList(),
              curveKinds.stream().sorted().toList());
    }

    /** All curves that the request gives the means for. */
    public EvaluationPlan(String data, boolean controls, int curvePoints, Set<Split> curveSplits) {
      this(data, controls, curvePoints, curveSplits, EnumSet.allOf(MergeOutcome.CurveKind.class));
    }
  }
}
