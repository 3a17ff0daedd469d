package org.rebasin.actors.http;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.rebasin.actors.job.JobOptions;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.job.MergeRequest.AlignmentPlan;
import org.rebasin.actors.job.MergeRequest.EvaluationPlan;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.DataNames;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Split;
import org.rebasin.actors.work.Strategy;
import org.rebasin.model.merge.WeightedAverage;

/**
 * What {@code POST /merges} takes: the options of the command line's {@code merge}, by its names.
 *
 * @param models ids, the reference first
 * @param method how models are aligned; {@code weight} unless given
 * @param strategy what they are aligned to; {@code to-reference} unless given
 * @param merge whether to average them; {@code true} unless given. Without, permutations are the
 *     answer
 * @param weights how much each counts; all the same unless given
 * @param data the data set that methods, corrections and evaluations use, see {@link DataNames}
 * @param repair whether to correct every unit's mean and deviation
 * @param recalibrate whether to measure batch normalisations' statistics again
 * @param correctionExamples training images to measure on; 5000 unless given
 * @param evaluate whether to evaluate merged model, parents, naive average and ensemble; unless
 *     given, if there are data
 * @param points of a loss curve between the first two models; none unless given
 * @param seed of all random choices; 0 unless given
 * @param restarts of weight matching; 0 unless given
 * @param matchingEpochs of the straight-through estimator; 8 unless given
 * @param matchingBatchSize of the straight-through estimator; 1000 unless given
 * @param matchingRate of the straight-through estimator; 0.01 unless given
 * @param priority of the job's tasks; 0 unless given
 * @param deadline how long the job may take, such as {@code 90s}, {@code 20m}, {@code 2h} or ISO
 *     8601's {@code PT20M}
 * @param label for people
 */
record MergeDocument(
    Optional<List<String>> models,
    Optional<Method> method,
    Optional<StrategyName> strategy,
    Optional<Boolean> merge,
    Optional<List<Double>> weights,
    Optional<String> data,
    Optional<Boolean> repair,
    Optional<Boolean> recalibrate,
    OptionalInt correctionExamples,
    Optional<Boolean> evaluate,
    OptionalInt points,
    OptionalLong seed,
    OptionalInt restarts,
    OptionalInt matchingEpochs,
    OptionalInt matchingBatchSize,
    OptionalDouble matchingRate,
    OptionalInt priority,
    Optional<String> deadline,
    Optional<String> label) {
  private static final int MAX_POINTS = 201;
  private static final int MAX_RESTARTS = 1_000;
  private static final int MAX_EPOCHS = 1_000;
  private static final int MAX_BATCH = 100_000;
  private static final int MAX_EXAMPLES = 10_000_000;

  /** The methods by the names that users write. */
  enum Method {
    WEIGHT,
    ACTIVATION,
    ACTIVATION_PEARSON,
    STRAIGHT_THROUGH,
    NONE;

    @JsonValue
    @Override
    public String toString() {
      return HttpJson.lowerCase(this);
    }

    @JsonCreator
    static Method of(String text) {
      return named(values(), "method", text);
    }
  }

  /** The strategies by the names that users write. */
  enum StrategyName {
    TO_REFERENCE,
    MERGE_MANY,
    CYCLE_CONSISTENT;

    @JsonValue
    @Override
    public String toString() {
      return HttpJson.lowerCase(this);
    }

    @JsonCreator
    static StrategyName of(String text) {
      return named(values(), "strategy", text);
    }

    Strategy strategy() {
      return Strategy.valueOf(name());
    }
  }

  private static <E extends Enum<E>> E named(E[] all, String field, String text) {
    return Stream.of(all)
        .filter(one -> one.toString().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new ProblemException(
                    Problem.Kind.MALFORMED,
                    "%s: expected one of %s, found '%s'"
                        .formatted(
                            field,
                            Stream.of(all).map(E::toString).collect(Collectors.joining(", ")),
                            text)));
  }

  /** A merge with all that was asked for. */
  record Wish(MergeRequest request, JobOptions options) {
    /** The models that must be there. */
    List<ModelId> models() {
      return request.stored();
    }
  }

  /**
   * What the document asks for.
   *
   * @throws ProblemException naming the field whose value is not possible
   */
  Wish wish(DataNames names, ApiSettings.Limits limits, Optional<String> idempotencyKey) {
    try {
      Optional<String> resolved = data.map(names::requireKnown);
      return new Wish(
          new MergeRequest(
              ids(limits).stream().<MergeRequest.Source>map(MergeRequest.Stored::new).toList(),
              alignment(resolved),
              average(),
              correction(resolved),
              evaluation(resolved)),
          new JobOptions(
              priority.orElse(0),
              deadline.map(text -> DurationText.parse("deadline", text)),
              idempotencyKey,
              label.orElse("")));
    } catch (IllegalArgumentException problem) {
      throw new ProblemException(Problem.Kind.UNPROCESSABLE, problem.getMessage());
    }
  }

  private List<ModelId> ids(ApiSettings.Limits limits) {
    List<String> texts =
        models.orElseThrow(
            () -> new IllegalArgumentException("models: expected a list of ids, found none"));
    if (texts.size() < 2 || texts.size() > limits.maxModels()) {
      throw new IllegalArgumentException(
          "models: expected 2 to %d, found %d".formatted(limits.maxModels(), texts.size()));
    }
    return texts.stream()
        .map(
            text -> {
              if (text == null || !text.matches("[0-9a-f]{64}")) {
                throw new IllegalArgumentException(
                    "models: expected ids of 64 lower-case hexadecimal digits, found '%s'"
                        .formatted(text));
              }
              return new ModelId(text);
            })
        .toList();
  }

  private boolean merges() {
    return merge.orElse(true);
  }

  private Optional<List<Double>> average() {
    if (merges()) {
      return Optional.of(shares());
    }
    if (weights.isPresent() || repair.orElse(false) || recalibrate.orElse(false)) {
      throw new IllegalArgumentException(
          "merge false: expected no weights, repair and recalibrate, which are of the merged"
              + " model");
    }
    if (method.equals(Optional.of(Method.NONE))) {
      throw new IllegalArgumentException("merge false: expected a method to align by, found none");
    }
    return Optional.empty();
  }

  private List<Double> shares() {
    int count = models.orElseThrow().size();
    List<Double> given = weights.orElseGet(() -> Collections.nCopies(count, 1.0));
    if (given.size() != count) {
      throw new IllegalArgumentException(
          "weights: expected one for each of %d models, found %d".formatted(count, given.size()));
    }
    if (given.contains(null)) {
      throw new IllegalArgumentException("weights: expected numbers, found null");
    }
    double[] normalized =
        WeightedAverage.normalized(given.stream().mapToDouble(Double::doubleValue).toArray());
    return Arrays.stream(normalized).boxed().toList();
  }

  private Optional<AlignmentPlan> alignment(Optional<String> resolved) {
    Method chosen = method.orElse(Method.WEIGHT);
    StrategyName target = strategy.orElse(StrategyName.TO_REFERENCE);
    if (chosen == Method.NONE) {
      if (target != StrategyName.TO_REFERENCE) {
        throw new IllegalArgumentException(
            "strategy %s: expected method weight, found none".formatted(target));
      }
      return Optional.empty();
    }
    Matching matching =
        switch (chosen) {
          case WEIGHT ->
              new Matching.Weight(between("restarts", restarts.orElse(0), 0, MAX_RESTARTS));
          case ACTIVATION -> new Matching.Activation(false, needed("method " + chosen, resolved));
          case ACTIVATION_PEARSON ->
              new Matching.Activation(true, needed("method " + chosen, resolved));
          case STRAIGHT_THROUGH ->
              new Matching.StraightThrough(
                  needed("method " + chosen, resolved),
                  between("matching_epochs", matchingEpochs.orElse(8), 1, MAX_EPOCHS),
                  between("matching_batch_size", matchingBatchSize.orElse(1000), 1, MAX_BATCH),
                  matchingRate.orElse(0.01));
          case NONE -> throw new IllegalStateException("the method none matches nothing");
        };
    return Optional.of(new AlignmentPlan(target.strategy(), matching, seed.orElse(0), false));
  }

  private Optional<Correction> correction(Optional<String> resolved) {
    boolean repairs = repair.orElse(false);
    boolean recalibrates = recalibrate.orElse(false);
    if (!repairs && !recalibrates) {
      return Optional.empty();
    }
    if (repairs && recalibrates) {
      throw new IllegalArgumentException(
          "expected repair, which recalibrates too, or recalibrate, found both");
    }
    return Optional.of(
        new Correction(
            repairs ? Correction.Kind.REPAIR : Correction.Kind.RECALIBRATION,
            needed(repairs ? "repair" : "recalibrate", resolved),
            between("correction_examples", correctionExamples.orElse(5000), 2, MAX_EXAMPLES)));
  }

  private Optional<EvaluationPlan> evaluation(Optional<String> resolved) {
    boolean controls = evaluate.orElse(resolved.isPresent() && merges());
    int curve = between("points", points.orElse(0), 0, MAX_POINTS);
    if (curve != 0 && (curve < 3 || curve % 2 == 0)) {
      throw new IllegalArgumentException(
          "points: expected 0, or an odd number of at least 3, so that the midpoint is one, found "
              + curve);
    }
    if (!controls && curve == 0) {
      return Optional.empty();
    }
    Set<Split> splits = curve == 0 ? new HashSet<>() : EnumSet.allOf(Split.class);
    return Optional.of(
        new EvaluationPlan(
            needed(controls ? "evaluate" : "points", resolved), controls, curve, splits));
  }

  private static String needed(String field, Optional<String> resolved) {
    return resolved.orElseThrow(
        () -> new IllegalArgumentException(field + ": expected data, whose images it uses"));
  }

  private static int between(String field, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s: expected %d to %d, found %d".formatted(field, least, most, value));
    }
    return value;
  }
}
