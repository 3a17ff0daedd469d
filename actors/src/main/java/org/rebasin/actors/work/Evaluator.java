package org.rebasin.actors.work;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.data.Dataset;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.evaluation.Classifier;
import org.rebasin.model.evaluation.Ensemble;
import org.rebasin.model.evaluation.Score;
import org.rebasin.model.merge.WeightedAverage;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Weights;

/** Tells the loss and accuracy of a model, of an average of models, or of an ensemble of them. */
public final class Evaluator implements TaskRunner {
  private final ModelStore store;
  private final Datasets datasets;

  /** What an evaluator works with. */
  public Evaluator(ModelStore store, Datasets datasets) {
    this.store = store;
    this.datasets = datasets;
  }

  /** A supervised worker that evaluates. */
  public static Behavior<Worker.Command> create(
      ActorRef<WorkQueue.Command> queue, TaskRunner evaluator) {
    return Worker.create(Role.EVALUATOR, queue, evaluator);
  }

  @Override
  public CompletionStage<TaskResult> run(Task task, Consumer<Progress> progress) {
    Task.Evaluate evaluate = (Task.Evaluate) task;
    Dataset dataset = datasets.get(evaluate.data());
    LabelledImages images = evaluate.split() == Task.Split.TRAIN ? dataset.train() : dataset.test();
    List<ModelFile> files = new ArrayList<>();
    try {
      evaluate.models().forEach(model -> files.add(store.open(model)));
      return CompletableFuture.completedStage(
          new TaskResult.Evaluated(score(evaluate, files, images)));
    } finally {
      files.forEach(ModelFile::close);
    }
  }

  private static Score score(Task.Evaluate task, List<ModelFile> files, LabelledImages images) {
    Network network = files.get(0).network();
    List<Weights> models = files.stream().map(ModelFile::weights).toList();
    double[] weights = task.weights().stream().mapToDouble(Double::doubleValue).toArray();
    if (task.combination() == Task.Combination.LOGITS) {
      try (Ensemble ensemble = new Ensemble(network, models, weights, images)) {
        return ensemble.evaluate(images);
      }
    }
    try (Weights average = WeightedAverage.of(models, weights);
        Classifier classifier = new Classifier(network, images)) {
      return classifier.evaluate(average, images);
    }
  }
}
