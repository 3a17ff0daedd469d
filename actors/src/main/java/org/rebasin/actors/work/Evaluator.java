package org.rebasin.actors.work;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.data.Dataset;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.data.Normalization;
import org.rebasin.model.evaluation.Classifier;
import org.rebasin.model.evaluation.Ensemble;
import org.rebasin.model.evaluation.Evaluation;
import org.rebasin.model.merge.WeightedAverage;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Weights;

/** Tells the loss and accuracy of a model, of an average of models, or of an ensemble of them. */
public final class Evaluator implements TaskRunner {
  /** Bins of a reliability diagram, fine enough to be put together into 10 or 15. */
  private static final int BINS = 30;

  private final ModelStore store;
  private final Datasets datasets;

  /** What an evaluator works with. */
  public Evaluator(ModelStore store, Datasets datasets) {
    this.store = store;
    this.datasets = datasets;
  }

  @Override
  public CompletionStage<TaskResult> run(Task task, Consumer<Progress> progress) {
    Task.Evaluate evaluate = (Task.Evaluate) task;
    Dataset dataset = datasets.get(evaluate.data());
    LabelledImages images = evaluate.split() == Split.TRAIN ? dataset.train() : dataset.test();
    List<ModelFile> files = new ArrayList<>();
    try {
      evaluate.models().forEach(model -> files.add(store.open(model)));
      return CompletableFuture.completedStage(
          new TaskResult.Evaluated(evaluation(evaluate, files, images)));
    } finally {
      files.forEach(ModelFile::close);
    }
  }

  private Evaluation evaluation(Task.Evaluate task, List<ModelFile> files, LabelledImages images) {
    Network network = files.get(0).network();
    Normalization normalization = Preparation.normalizationOf(files.get(0));
    List<Weights> models = files.stream().map(ModelFile::weights).toList();
    double[] weights = task.weights().stream().mapToDouble(Double::doubleValue).toArray();
    if (task.combination() == Combination.LOGITS) {
      try (Ensemble ensemble = new Ensemble(network, models, weights, images, normalization)) {
        return ensemble.evaluate(images, BINS);
      }
    }
    try (Weights average = WeightedAverage.of(models, weights);
        Classifier classifier = new Classifier(network, images, normalization)) {
      task.correction()
          .ifPresent(
              correction ->
                  Corrections.apply(
                      correction,
                      network,
                      average,
                      models,
                      task.weights(),
                      datasets.get(correction.data()).train(),
                      normalization));
      return classifier.evaluate(average, images, BINS);
    }
  }
}
