package org.rebasin.model.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.data.Batch;
import org.rebasin.model.data.BatchOrder;
import org.rebasin.model.data.Dataset;
import org.rebasin.model.data.DatasetSpecification;
import org.rebasin.model.evaluation.Classifier;
import org.rebasin.model.evaluation.Score;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.RandomWeights;

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

  /** How far the weights are from where they began, after a few epochs with FedProx's term. */
  private static double distanceFromStart(double proximal) {
    TrainingSettings settings =
        new TrainingSettings(3, 100, Optimizer.Kind.SGD, 0.01, 0, 0, Schedule.Decay.CONSTANT, 7);
    double squares = 0;
    try (Weights start = NETWORK.initialize(7);
        TrainingRun run =
            new TrainingRun(
                NETWORK,
                NETWORK.initialize(7),
                settings.optimizer(),
                0,
                settings.schedule(15),
                settings.batchSize(),
                proximal);
        Batch batch = new Batch(DIGITS.shape(), 100)) {
      for (int epoch = 1; epoch <= settings.epochs(); epoch++) {
        BatchOrder order = BatchOrder.shuffled(1500, 100, settings.seed(), epoch);
        for (int i = 0; i < order.batches(); i++) {
          batch.fill(DIGITS.train(), order, i);
          run.step(batch.inputs(), batch.labels(), batch.count());
        }
      }
      for (String name : start.names()) {
        float[] before = start.get(name).toArray();
        float[] after = run.weights().get(name).toArray();
        for (int i = 0; i < before.length; i++) {
          squares += Math.pow(after[i] - before[i], 2);
        }
      }
    }
    return Math.sqrt(squares);
  }

  @Test
  void theStrongerTheProximalTermTheNearerTheStart() {
    double free = distanceFromStart(0);
    double drawn = distanceFromStart(1);
    double held = distanceFromStart(10);
    assertTrue(held < drawn && drawn < free, () -> held + ", " + drawn + ", " + free);
    assertTrue(held < 0.2 * free, () -> held + " of " + free);
  }

  /** Against the difference of the term itself, {@code (μ/2)‖w − w_start‖²}. */
  @Test
  void gradientOfTheProximalTermIsItsSlope() {
    double strength = 0.3;
    try (Weights start = RandomWeights.gaussian(1, NETWORK);
        Weights weights = RandomWeights.gaussian(2, NETWORK);
        Weights gradients = Weights.like(start);
        ProximalTerm term = new ProximalTerm(strength, start)) {
      term.addTo(gradients, weights);
      double step = 1e-3;
      for (String name : start.names()) {
        for (int i = 0; i < Math.min(20, start.get(name).size()); i++) {
          double distance =
              (double) weights.get(name).values().get(i) - start.get(name).values().get(i);
          double slope =
              strength
                  / 2
                  * (Math.pow(distance + step, 2) - Math.pow(distance - step, 2))
                  / (2 * step);
          assertEquals(slope, gradients.get(name).values().get(i), 1e-6, name);
        }
      }
    }
  }
}
