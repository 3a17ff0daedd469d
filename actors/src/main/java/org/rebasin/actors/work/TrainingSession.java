package org.rebasin.actors.work;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.stream.BatchStream;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.evaluation.Classifier;
import org.rebasin.model.evaluation.Score;
import org.rebasin.model.network.CrossEntropy;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.training.TrainingRun;

/**
 * A training run fed by a stream: takes batches, keeps the sums of the epoch, and evaluates at its
 * end. Synchronized, because a stream that is torn down may end while a step still runs.
 */
final class TrainingSession implements AutoCloseable {
  private final Task.Train task;
  private final LabelledImages test;
  private final Function<Weights, ModelId> write;
  private final Consumer<Progress> progress;
  private final TrainingRun run;
  private final Classifier classifier;
  private final List<TaskResult.EpochReport> epochs = new ArrayList<>();
  private final List<ModelId> snapshots = new ArrayList<>();
  private final long started = System.nanoTime();
  private Score score = Score.NONE;
  private long stepNanos;

  /** Starts a session; it takes over the start's weights, also if it cannot begin. */
  TrainingSession(
      Task.Train task,
      Trainer.Start start,
      LabelledImages train,
      LabelledImages test,
      BatchStream batches,
      Consumer<Progress> progress) {
    this.task = task;
    this.test = test;
    this.write = start.write();
    this.progress = progress;
    try {
      Classifier.requireFit(start.network(), train);
    } catch (RuntimeException problem) {
      start.weights().close();
      throw problem;
    }
    this.classifier = new Classifier(start.network(), test, start.normalization());
    this.run =
        new TrainingRun(
            start.network(),
            start.weights(),
            task.settings().optimizer(),
            task.settings().weightDecay(),
            task.settings().schedule(batches.batchesPerEpoch()),
            batches.capacity(),
            start.proximal());
  }

  synchronized void step(BatchStream.Ready ready) {
    long before = System.nanoTime();
    CrossEntropy.Sums sums =
        run.step(ready.batch().inputs(), ready.batch().labels(), ready.batch().count());
    stepNanos += System.nanoTime() - before;
    score = score.plus(new Score(sums.lossSum(), sums.correct(), ready.batch().count()));
    if (ready.last()) {
      endEpoch(ready.epoch());
    }
  }

  private void endEpoch(int epoch) {
    Score tested = classifier.evaluate(run.weights(), test);
    epochs.add(
        new TaskResult.EpochReport(
            epoch,
            score.loss(),
            score.accuracy(),
            tested.loss(),
            tested.accuracy(),
            score.examples() / (stepNanos / 1e9)));
    if (task.keepEpochs()) {
      snapshots.add(write.apply(run.weights()));
    }
    progress.accept(
        new Progress(
            task.label(),
            epoch,
            task.settings().epochs(),
            String.format(
                Locale.ROOT,
                "test loss %.4f, accuracy %.2f %%",
                tested.loss(),
                100 * tested.accuracy())));
    score = Score.NONE;
    stepNanos = 0;
  }

  /** Stores the weights and tells what the run came to. */
  synchronized TaskResult.Trained result() {
    return new TaskResult.Trained(
        write.apply(run.weights()), epochs, snapshots, (System.nanoTime() - started) / 1e9);
  }

  @Override
  public synchronized void close() {
    run.close();
    classifier.close();
  }
}
