package org.rebasin.actors.work;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.Outline;
import org.rebasin.model.aggregation.AggregationSettings;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.training.TrainingSettings;

/**
 * One piece of work. Tasks name models and data and carry none; doing one twice does no harm,
 * because its product is named by its content.
 */
public sealed interface Task {
  /** Who does it. */
  Role role();

  /** The models that it reads, each once. */
  default List<ModelId> inputs() {
    return List.of();
  }

  /** What is done, wherever it is. */
  default Task itself() {
    return this;
  }

  /**
   * Whether it may be done at a worker.
   *
   * @param at the store of the worker's node, if it is known
   * @param isPresent whether the node of a store is there
   */
  default boolean mayBeDone(Optional<String> at, Predicate<String> isPresent) {
    return true;
  }

  /** What a {@link Role#TRAINER} does. */
  sealed interface TrainerTask extends Task {
    @Override
    default Role role() {
      return Role.TRAINER;
    }
  }

  /** What a {@link Role#COLLECTOR} does. */
  sealed interface CollectorTask extends Task {
    @Override
    default Role role() {
      return Role.COLLECTOR;
    }
  }

  /** What a {@link Role#SOLVER} does. */
  sealed interface SolverTask extends Task {
    @Override
    default Role role() {
      return Role.SOLVER;
    }
  }

  /** What a {@link Role#EVALUATOR} does. */
  sealed interface EvaluatorTask extends Task {
    @Override
    default Role role() {
      return Role.EVALUATOR;
    }
  }

  /**
   * Trains a network from its initial weights.
   *
   * @param label what people call the model, for progress
   * @param architecture the architecture's text
   * @param data the data set's text
   * @param subset how many training images to use, drawn by the seed; empty for all
   * @param preparation what is done to images before the network sees them
   * @param keepEpochs whether the model is wanted as it was after each epoch
   */
  record Train(
      String label,
      String architecture,
      String data,
      Optional<Integer> subset,
      TrainingSettings settings,
      Preparation preparation,
      boolean keepEpochs)
      implements TrainerTask {
    /** The training of a network on images as they are. */
    public Train(
        String label,
        String architecture,
        String data,
        Optional<Integer> subset,
        TrainingSettings settings) {
      this(label, architecture, data, subset, settings, Preparation.NONE, false);
    }

    /** The same by other settings. */
    public Train with(TrainingSettings other) {
      return new Train(label, architecture, data, subset, other, preparation, keepEpochs);
    }

    /** The same, and the model is wanted as it was after each epoch. */
    public Train withEpochsKept() {
      return new Train(label, architecture, data, subset, settings, preparation, true);
    }

    /** The same, from a model's weights. */
    public TrainFrom from(ModelId start, double proximal) {
      return new TrainFrom(this, start, proximal);
    }
  }

  /**
   * Trains a network on from a model's weights.
   *
   * @param training what is to be done; its architecture is the model's, and so is the
   *     normalisation of images if the model has one
   * @param start the model
   * @param proximal FedProx's μ: (μ/2)‖w − w_start‖² is added to the loss (Li et al. 2020); 0 for
   *     nothing
   */
  record TrainFrom(Train training, ModelId start, double proximal) implements TrainerTask {
    /** Checks the number. */
    public TrainFrom {
      if (!(proximal >= 0 && Double.isFinite(proximal))) {
        throw new IllegalArgumentException("proximal: expected at least 0, found " + proximal);
      }
    }

    @Override
    public List<ModelId> inputs() {
      return List.of(start);
    }
  }

  /** Counts the training images of a data set. */
  record CountExamples(String data) implements TrainerTask {}

  /**
   * Measures how the units of two models act together on a part of the training images.
   *
   * @param shard which part, counted from 0
   * @param shards into how many the images are cut
   */
  record Collect(ModelId reference, ModelId model, String data, int shard, int shards)
      implements CollectorTask {
    @Override
    public List<ModelId> inputs() {
      return List.of(reference, model);
    }
  }

  /**
   * The same for two models that may not leave their nodes: each is run where it is, and the
   * activations meet at the worker.
   *
   * @param outline of both models
   */
  record CollectApart(Collect collection, Outline outline) implements CollectorTask {}

  /**
   * Finds the permutations that align a model to a reference by their activations alone; neither is
   * read.
   *
   * @param outline of both models
   * @param moments what {@link CollectApart} tasks measured, in the order of the shards
   */
  record Match(
      ModelId reference,
      ModelId model,
      Outline outline,
      Matching.Activation matching,
      List<ModelId> moments)
      implements SolverTask {
    /** Copies the list. */
    public Match {
      moments = List.copyOf(moments);
    }

    @Override
    public List<ModelId> inputs() {
      return moments.stream().distinct().toList();
    }
  }

  /**
   * A task that cannot be done everywhere and always.
   *
   * @param home the store whose node must do it, for the sake of a model that may not leave it;
   *     empty for any
   * @param present stores whose nodes must be there meanwhile
   */
  record Placed(Task task, Optional<String> home, List<String> present) implements Task {
    /** Copies the list. */
    public Placed {
      present = List.copyOf(present);
    }

    @Override
    public List<ModelId> inputs() {
      return task.inputs();
    }

    @Override
    public Role role() {
      return task.role();
    }

    @Override
    public Task itself() {
      return task;
    }

    @Override
    public boolean mayBeDone(Optional<String> at, Predicate<String> isPresent) {
      return (home.isEmpty() || home.equals(at)) && present.stream().allMatch(isPresent);
    }
  }

  /**
   * Finds the permutations that align a model to a reference.
   *
   * @param moments what {@link Collect} tasks measured, in the order of the shards; for activation
   *     matching
   * @param keepModel whether to write the aligned model
   */
  record Align(
      ModelId reference,
      ModelId model,
      Matching matching,
      List<ModelId> moments,
      long seed,
      boolean keepModel)
      implements SolverTask {
    /** Copies the list. */
    public Align {
      moments = List.copyOf(moments);
    }

    /** The same, with permutations to begin with, if there are any. */
    public Task from(Optional<Permutations> start) {
      return start.<Task>map(permutations -> new AlignFrom(this, permutations)).orElse(this);
    }

    @Override
    public List<ModelId> inputs() {
      return Stream.concat(Stream.of(reference, model), moments.stream()).distinct().toList();
    }
  }

  /**
   * Finds the permutations that align a model to a reference, given some that may be near. Weight
   * matching descends from them and from the identity, too, and keeps the best; other methods have
   * no use for them.
   *
   * @param start such as those of an earlier model of the same origin
   */
  record AlignFrom(Align alignment, Permutations start) implements SolverTask {
    @Override
    public List<ModelId> inputs() {
      return alignment.inputs();
    }
  }

  /** Finds the permutations that bring many models into a common order, all of them at once. */
  record AlignMany(List<ModelId> models, Strategy strategy, long seed) implements SolverTask {
    /** Copies the list. */
    public AlignMany {
      models = List.copyOf(models);
    }

    @Override
    public List<ModelId> inputs() {
      return models.stream().distinct().toList();
    }
  }

  /**
   * Averages models.
   *
   * @param members the models, of which the first defines names, types and order
   * @param weights how much each counts, summing to 1
   * @param alignment what decided the members' permutations, by name, for provenance
   */
  record Merge(List<Member> members, List<Double> weights, Map<String, String> alignment)
      implements SolverTask {
    /** Copies the collections. */
    public Merge {
      members = List.copyOf(members);
      weights = List.copyOf(weights);
      // Sorted, so that the same message has the same bytes.
      alignment = Collections.unmodifiableMap(new TreeMap<>(alignment));
    }

    @Override
    public List<ModelId> inputs() {
      return members.stream().map(Member::model).distinct().toList();
    }
  }

  /**
   * Corrects a merged model.
   *
   * @param members the models that were averaged
   * @param weights how much each counted
   */
  record Correct(ModelId merged, List<Member> members, List<Double> weights, Correction correction)
      implements CollectorTask {
    /** Copies the lists. */
    public Correct {
      members = List.copyOf(members);
      weights = List.copyOf(weights);
    }

    @Override
    public List<ModelId> inputs() {
      return Stream.concat(Stream.of(merged), members.stream().map(Member::model))
          .distinct()
          .toList();
    }
  }

  /**
   * Looks whether a model may take part in a federation: its tensors are the reference's, all its
   * values are finite, and its norm is not far above the reference's.
   *
   * @param reference the global model; empty where there is none yet: then the norm is not compared
   * @param architecture the architecture's text
   * @param normBound how many times the reference's norm the model's may be at most
   */
  record Screen(Optional<ModelId> reference, String architecture, ModelId model, double normBound)
      implements SolverTask {
    @Override
    public List<ModelId> inputs() {
      return Stream.concat(reference.stream(), Stream.of(model)).distinct().toList();
    }
  }

  /**
   * Makes the next version of a global model.
   *
   * @param global the current version; empty for the first, which is what the rule makes of the
   *     contributions, without a step of the server's
   * @param serverState what the server's optimiser remembered
   * @param ingredients in the order in which they count
   */
  record Aggregate(
      Optional<ModelId> global,
      Optional<ModelId> serverState,
      List<Ingredient> ingredients,
      AggregationSettings settings)
      implements SolverTask {
    /** Checks that there is something, and copies the list. */
    public Aggregate {
      ingredients = List.copyOf(ingredients);
      if (ingredients.isEmpty()) {
        throw new IllegalArgumentException("ingredients: expected at least one, found none");
      }
    }

    @Override
    public List<ModelId> inputs() {
      return Stream.of(
              global.stream(),
              serverState.stream(),
              ingredients.stream().map(Ingredient::model),
              ingredients.stream().flatMap(ingredient -> ingredient.base().stream()))
          .flatMap(models -> models)
          .distinct()
          .toList();
    }
  }

  /** A model to average, and the permutations that bring it into the common order, if any. */
  record Member(ModelId model, Optional<Permutations> permutations) {}

  /**
   * Evaluates one combination of models on one part of a data set.
   *
   * @param models one, or several to combine
   * @param weights how much each counts, summing to 1
   * @param correction of the models' average, whose parents they then are
   */
  record Evaluate(
      List<ModelId> models,
      List<Double> weights,
      Combination combination,
      Optional<Correction> correction,
      String data,
      Split split)
      implements EvaluatorTask {
    /** Copies the lists. */
    public Evaluate {
      models = List.copyOf(models);
      weights = List.copyOf(weights);
    }

    /** The evaluation of one model as it is. */
    public static Evaluate one(ModelId model, String data, Split split) {
      return new Evaluate(
          List.of(model), List.of(1.0), Combination.WEIGHTS, Optional.empty(), data, split);
    }

    /** The evaluation of a point on the line between two models. */
    public static Evaluate between(
        ModelId start,
        ModelId end,
        double lambda,
        Optional<Correction> correction,
        String data,
        Split split) {
      return new Evaluate(
          List.of(start, end),
          List.of(1 - lambda, lambda),
          Combination.WEIGHTS,
          correction,
          data,
          split);
    }

    @Override
    public List<ModelId> inputs() {
      return models.stream().distinct().toList();
    }
  }
}
