package org.rebasin.model.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.rebasin.model.data.Batch;
import org.rebasin.model.data.BatchOrder;
import org.rebasin.model.data.Dataset;
import org.rebasin.model.data.DatasetSpecification;
import org.rebasin.model.evaluation.Classifier;
import org.rebasin.model.evaluation.Score;
import org.rebasin.model.network.Mlp;
import org.rebasin.model.network.Network;

class TrainingRunTest {
  private static final Dataset DIGITS =
      DatasetSpecification.parse("digits:train=1500,test=300").load();
  private static final Network NETWORK = Mlp.of(784, 64, 10).network();

  private static TrainingRun train(int epochs, double rate) {
    TrainingSettings settings =
        new TrainingSettings(
            epochs, 100, Optimizer.Kind.ADAM, rate, 0, 0, Schedule.Decay.CONSTANT, 7);
    TrainingRun run =
        new TrainingRun(
            NETWORK,
            NETWORK.initialize(settings.seed()),
            settings.optimizer(),
            settings.weightDecay(),
            settings.schedule(15),
            settings.batchSize());
    try (Batch batch = new Batch(DIGITS.shape(), 100)) {
      for (int epoch = 1; epoch <= epochs; epoch++) {
        BatchOrder order = BatchOrder.shuffled(1500, 100, settings.seed(), epoch);
        for (int i = 0; i < order.batches(); i++) {
          batch.fill(DIGITS.train(), order, i);
          run.step(batch.inputs(), batch.labels(), batch.count());
        }
      }
    }
    return run;
  }

  @Test
  void aSmallNetworkLearnsTheDigits() {
    try (TrainingRun run = train(12, 3e-3);
        Classifier classifier = new Classifier(NETWORK, DIGITS.test())) {
      Score score = classifier.evaluate(run.weights(), DIGITS.test());
      assertTrue(score.accuracy() > 0.85, () -> "accuracy " + score.accuracy());
    }
  }

  @Test
  void theSameSeedGivesTheSameWeightsToTheBit() {
    try (TrainingRun one = train(2, 1e-3);
        TrainingRun other = train(2, 1e-3)) {
      one.weights()
          .tensors()
          .forEach(
              (name, tensor) ->
                  assertArrayEquals(tensor.toArray(), other.weights().get(name).toArray(), name));
    }
  }

  @Test
  void divergenceIsReported() {
    ArithmeticException thrown =
        assertThrows(ArithmeticException.class, () -> train(2, 1e30).close());
    assertTrue(thrown.getMessage().contains("training diverged"));
  }
}
