package org.rebasin.actors.work;

import java.util.List;
import java.util.Optional;
import org.rebasin.actors.store.ModelId;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.training.TrainingSettings;

/**
 * One piece of work. Tasks name models and data and carry none; doing one twice does no harm,
 * because its product is named by its content.
 */
public sealed interface Task {
  /** Who does it. */
  Role role();

  /**
   * Trains a network from its initial weights.
   *
   * @param label what people call the model, for progress
   * @param architecture the architecture's text
   * @param data the data set's text
   * @param subset how many training images to use, drawn by the seed; empty for all
   */
  record Train(
      String label,
      String architecture,
      String data,
      Optional<Integer> subset,
      TrainingSettings settings)
      implements Task {
    @Override
    public Role role() {
      return Role.TRAINER;
    }
  }

  /**
   * Finds the permutations that align a model to a reference.
   *
   * @param restarts descents in random order, besides the greedy ones
   * @param keepModel whether to write the aligned model
   */
  record Align(
      ModelId reference, ModelId model, Method method, long seed, int restarts, boolean keepModel)
      implements Task {
    @Override
    public Role role() {
      return Role.SOLVER;
    }
  }

  /**
   * Averages models.
   *
   * @param members the models, of which the first defines names, types and order
   * @param weights how much each counts, summing to 1
   */
  record Merge(List<Member> members, List<Double> weights, String strategy) implements Task {
    /** Copies the lists. */
    public Merge {
      members = List.copyOf(members);
      weights = List.copyOf(weights);
    }

    @Override
    public Role role() {
      return Role.SOLVER;
    }
  }

  /** A model to average, and the permutations that bring it into the common order, if any. */
  record Member(ModelId model, Optional<Permutations> permutations) {}

  /**
   * Evaluates one combination of models on one part of a data set.
   *
   * @param models one, or several to combine
   * @param weights how much each counts, summing to 1
   */
  record Evaluate(
      List<ModelId> models, List<Double> weights, Combination combination, String data, Split split)
      implements Task {
    /** Copies the lists. */
    public Evaluate {
      models = List.copyOf(models);
      weights = List.copyOf(weights);
    }

    /** The evaluation of one model as it is. */
    public static Evaluate one(ModelId model, String data, Split split) {
      return new Evaluate(List.of(model), List.of(1.0), Combination.WEIGHTS, data, split);
    }

    /** The evaluation of a point on the line between two models. */
    public static Evaluate between(
        ModelId start, ModelId end, double lambda, String data, Split split) {
      return new Evaluate(
          List.of(start, end), List.of(1 - lambda, lambda), Combination.WEIGHTS, data, split);
    }

    @Override
    public Role role() {
      return Role.EVALUATOR;
    }
  }

  /** What is averaged when several models are evaluated as one. */
  enum Combination {
    /** Their weights: one network. */
    WEIGHTS,
    /** Their outputs: an ensemble. */
    LOGITS
  }

  /** A part of a data set. */
  enum Split {
    /** What networks learn from. */
    TRAIN,
    /** What they are judged by. */
    TEST;

    /** The name on the command line. */
    public String text() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** How models are aligned. */
  enum Method {
    /** Weight matching. */
    WEIGHT;

    /** The name on the command line. */
    public String text() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }
}
