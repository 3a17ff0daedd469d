package org.rebasin.model.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.FloatBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.data.DatasetSpecification;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.data.Normalization;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Weights;

class EvaluationTest {
  private static final LabelledImages IMAGES =
      DatasetSpecification.parse("digits:train=10,test=1237").load().test();
  private static final Network NETWORK = Mlp.of(784, 20, 10).network();

  @Test
  void theBarrierIsTheHighestRiseAboveTheChordAndAboveTheMeanOfTheEnds() {
    LossBarrier barrier =
        LossBarrier.of(List.of(0.0, 0.25, 0.5, 0.75, 1.0), List.of(1.0, 1.5, 2.0, 2.75, 3.0));
    assertEquals(0.25, barrier.aboveChord(), 1e-12);
    assertEquals(1.0, barrier.aboveMidpoint(), 1e-12);
    assertEquals(0, LossBarrier.of(List.of(0.0, 0.5, 1.0), List.of(2.0, 1.0, 2.0)).aboveChord());
    assertThrows(
        IllegalArgumentException.class, () -> LossBarrier.of(List.of(0.0, 0.5), List.of(1.0, 1.0)));
  }

  @Test
  void partsOfTheImagesAddUpToAllOfThem() {
    try (Weights weights = NETWORK.initialize(4);
        Classifier all = new Classifier(NETWORK, IMAGES);
        Classifier one = new Classifier(NETWORK, IMAGES.prefix(1))) {
      Score whole = all.evaluate(weights, IMAGES);
      Score sum = Score.NONE;
      for (int image = 0; image < IMAGES.size(); image++) {
        sum = sum.plus(one.evaluate(weights, IMAGES.subset(new int[] {image})));
      }
      assertEquals(1237, whole.examples());
      assertEquals(sum.correct(), whole.correct());
      assertEquals(sum.loss(), whole.loss(), 1e-5);
    }
  }

  @Test
  void anEnsembleOfEqualsIsEachOfThem() {
    try (Weights weights = NETWORK.initialize(4);
        Classifier alone = new Classifier(NETWORK, IMAGES);
        Ensemble ensemble =
            new Ensemble(NETWORK, List.of(weights, weights), new double[] {0.25, 0.75}, IMAGES)) {
      Score expected = alone.evaluate(weights, IMAGES);
      assertEquals(expected.loss(), ensemble.evaluate(IMAGES).loss(), 1e-6);
      assertEquals(expected.correct(), ensemble.evaluate(IMAGES).correct(), 2);
    }
  }

  @Test
  void normalizedImagesAreWhatANetworkSees() {
    Network linear = Mlp.of(784, 10).network();
    Normalization normalization = Normalization.of(new double[] {0.25}, new double[] {0.5});
    try (Weights weights = linear.initialize(4);
        Weights absorbed = Weights.copyOf(weights);
        Classifier plain = new Classifier(linear, IMAGES);
        Classifier normalizing = new Classifier(linear, IMAGES, normalization);
        Ensemble ensemble =
            new Ensemble(linear, List.of(weights), new double[] {1}, IMAGES, normalization)) {
      // W (x − m) / s + b is (W / s) x + b − (W 1) m / s.
      FloatBuffer matrix = absorbed.get("layers.0.weight").values();
      FloatBuffer bias = absorbed.get("layers.0.bias").values();
      for (int out = 0; out < 10; out++) {
        double sum = 0;
        for (int in = 0; in < 784; in++) {
          sum += matrix.get(out * 784 + in);
          matrix.put(out * 784 + in, matrix.get(out * 784 + in) / 0.5f);
        }
        bias.put(out, (float) (bias.get(out) - sum * 0.25 / 0.5));
      }
      double expected = plain.evaluate(absorbed, IMAGES).loss();
      assertEquals(expected, normalizing.evaluate(weights, IMAGES).loss(), 1e-4);
      assertEquals(expected, ensemble.evaluate(IMAGES).loss(), 1e-4);
    }
  }

  @Test
  void imagesThatDoNotFitAreRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> new Classifier(Mlp.of(100, 10).network(), IMAGES));
    assertThrows(
        IllegalArgumentException.class, () -> new Classifier(Mlp.of(784, 9).network(), IMAGES));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Classifier(NETWORK, IMAGES, Normalization.parse("imagenet")));
  }
}
