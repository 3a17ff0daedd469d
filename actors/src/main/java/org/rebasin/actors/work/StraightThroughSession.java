package org.rebasin.actors.work;

import java.util.Locale;
import java.util.function.Consumer;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.stream.BatchStream;
import org.rebasin.model.alignment.Alignment;
import org.rebasin.model.alignment.StraightThrough;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.data.Augmentation;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.evaluation.Classifier;
import org.rebasin.model.network.CrossEntropy;
import org.rebasin.model.permutation.PermutationSpec;

/**
 * A straight-through matching fed by a stream. Synchronized, because a stream that is torn down may
 * end while a step still runs.
 */
final class StraightThroughSession implements AutoCloseable {
  private final ModelFile reference;
  private final ModelFile model;
  private final BatchStream batches;
  private final StraightThrough matching;
  private final int epochs;
  private final Consumer<Progress> progress;

  private StraightThroughSession(
      ModelFile reference,
      ModelFile model,
      BatchStream batches,
      StraightThrough matching,
      int epochs,
      Consumer<Progress> progress) {
    this.reference = reference;
    this.model = model;
    this.batches = batches;
    this.matching = matching;
    this.epochs = epochs;
    this.progress = progress;
  }

  static StraightThroughSession open(
      ModelStore store,
      Task.Align task,
      Matching.StraightThrough settings,
      LabelledImages images,
      Consumer<Progress> progress) {
    ModelFile reference = store.open(task.reference());
    ModelFile model = store.open(task.model());
    try {
      reference.requireSameTensors(model);
      Classifier.requireFit(reference.network(), images);
      BatchStream batches =
          new BatchStream(
              images,
              settings.batchSize(),
              settings.epochs(),
              task.seed(),
              Preparation.normalizationOf(reference),
              Augmentation.NONE);
      StraightThrough matching =
          new StraightThrough(
              reference.network(),
              PermutationSpec.of(reference.network()),
              reference.weights(),
              model.weights(),
              new StraightThrough.Settings(
                  settings.learningRate(), batches.batchesPerEpoch(), task.seed()),
              batches.capacity());
      return new StraightThroughSession(
          reference, model, batches, matching, settings.epochs(), progress);
    } catch (RuntimeException problem) {
      model.close();
      reference.close();
      throw problem;
    }
  }

  BatchStream batches() {
    return batches;
  }

  synchronized BatchStream.Ready step(BatchStream.Ready ready) {
    CrossEntropy.Sums sums =
        matching.step(ready.batch().inputs(), ready.batch().labels(), ready.batch().count());
    if (ready.last()) {
      progress.accept(
          new Progress(
              "straight-through matching",
              ready.epoch(),
              epochs,
              String.format(
                  Locale.ROOT, "midpoint loss %.4f", sums.lossSum() / ready.batch().count())));
    }
    batches.giveBack(ready);
    return ready;
  }

  synchronized Alignment result() {
    return matching.result();
  }

  @Override
  public synchronized void close() {
    batches.close();
    matching.close();
    model.close();
    reference.close();
  }
}
