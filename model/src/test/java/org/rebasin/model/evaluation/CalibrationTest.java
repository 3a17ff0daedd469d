package org.rebasin.model.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.data.ImageShape;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.evaluation.Calibration.Bin;
import org.rebasin.model.network.Dense;
import org.rebasin.model.network.Flatten;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.RandomWeights;

class CalibrationTest {
  /** Logits of two classes whose softmax is the given probability of the first. */
  private static Tensor logits(double... probabilities) {
    float[] logits = new float[2 * probabilities.length];
    for (int i = 0; i < probabilities.length; i++) {
      logits[2 * i] = (float) Math.log(probabilities[i] / (1 - probabilities[i]));
    }
    return Tensor.of(logits, probabilities.length, 2);
  }

  @Test
  void anExampleIsInTheBinOfItsLargestProbability() {
    try (Tensor logits = logits(0.55, 0.65, 0.62, 0.05, 0.999999999, 0.3)) {
      Calibration found = Calibration.of(10, logits, new int[] {0, 0, 1, 1, 0, 0}, 6);
      assertEquals(10, found.bins().size());
      assertBin(1, 0.55, 1, found.bins().get(5));
      assertBin(3, 0.65 + 0.62 + 0.7, 1, found.bins().get(6));
      assertBin(2, 0.95 + 1, 2, found.bins().get(9));
      assertEquals(6, found.examples());
      assertEquals((0.45 + (1.97 - 1) + 0.05) / 6, found.expectedError(), 1e-6);
      assertEquals(0.45, found.maximumError(), 1e-6);
      assertEquals(1.97 / 3, found.bins().get(6).confidence(), 1e-6);
      assertEquals(1 / 3.0, found.bins().get(6).accuracy());
    }
  }

  private static void assertBin(long examples, double confidenceSum, long correct, Bin found) {
    assertEquals(examples, found.examples());
    assertEquals(confidenceSum, found.confidenceSum(), 1e-6);
    assertEquals(correct, found.correct());
  }

  @Test
  void aBinIsClosedAboveAndOpenBelow() {
    try (Tensor half = logits(0.5)) {
      assertEquals(1, Calibration.of(2, half, new int[] {0}, 1).bins().get(0).examples());
    }
    try (Tensor sure = Tensor.of(new float[] {1000, 0}, 1, 2)) {
      assertEquals(1, Calibration.of(15, sure, new int[] {1}, 1).bins().get(14).examples());
    }
  }

  @Test
  void whoIsSureAndRightIsCalibratedAndWhoIsSureAndWrongIsNot() {
    try (Tensor sure = Tensor.of(new float[] {1000, 0, 0, 1000}, 2, 2)) {
      assertEquals(0, Calibration.of(10, sure, new int[] {0, 1}, 2).expectedError());
      assertEquals(1, Calibration.of(10, sure, new int[] {1, 0}, 2).expectedError());
      assertEquals(0.5, Calibration.of(10, sure, new int[] {0, 0}, 2).expectedError());
    }
  }

  @Test
  void partsAddUp() {
    try (Tensor logits = logits(0.55, 0.65, 0.62, 0.05)) {
      int[] labels = {0, 0, 1, 1};
      Calibration whole = Calibration.of(10, logits, labels, 4);
      Calibration first = Calibration.of(10, logits, labels, 1);
      try (Tensor later = logits(0.65, 0.62, 0.05)) {
        Calibration sum =
            Calibration.none(10)
                .plus(first)
                .plus(Calibration.of(10, later, new int[] {0, 1, 1}, 3));
        for (int bin = 0; bin < 10; bin++) {
          Bin expected = whole.bins().get(bin);
          assertBin(
              expected.examples(),
              expected.confidenceSum(),
              expected.correct(),
              sum.bins().get(bin));
        }
      }
      assertEquals(
          "numbers of bins differ: 10 != 15",
          assertThrows(IllegalArgumentException.class, () -> whole.plus(Calibration.none(15)))
              .getMessage());
    }
    assertTrue(Double.isNaN(Calibration.none(3).expectedError()));
    assertTrue(Double.isNaN(Calibration.none(3).maximumError()));
    assertThrows(IllegalArgumentException.class, () -> Calibration.none(0));
  }

  @Test
  void aClassifierAndAnEnsembleTellCalibrationWithTheScore() {
    Network network = Mlp.of(12, 5).network();
    LabelledImages images = images(new ImageShape(1, 3, 4), 60);
    try (Weights weights = RandomWeights.gaussian(3, network);
        Classifier classifier = new Classifier(network, images);
        Ensemble ensemble =
            new Ensemble(network, List.of(weights, weights), new double[] {0.5, 0.5}, images)) {
      Evaluation alone = classifier.evaluate(weights, images, Evaluation.BINS);
      Evaluation together = ensemble.evaluate(images, Evaluation.BINS);
      assertEquals(classifier.evaluate(weights, images), alone.score());
      assertEquals(60, alone.calibration().examples());
      assertEquals(
          alone.score().correct(),
          alone.calibration().bins().stream().mapToLong(Bin::correct).sum());
      assertEquals(
          alone.calibration().expectedError(), together.calibration().expectedError(), 1e-5);
      assertTrue(alone.calibration().expectedError() > 0);
    }
  }

  @Test
  void aNetworkOfImagesReadsImagesOfItsShapeOnly() {
    Network network =
        Network.builder("image", List.of(3, 2, 2))
            .then("flatten", new Flatten(List.of(3, 2, 2)))
            .then("head", new Dense("w", Optional.empty(), 12, 5))
            .build();
    LabelledImages images = images(new ImageShape(3, 2, 2), 30);
    try (Weights weights = RandomWeights.gaussian(3, network);
        Classifier classifier = new Classifier(network, images);
        Classifier flat = new Classifier(Mlp.of(12, 5).network(), images);
        Weights sameWeights =
            new Weights(
                Map.of(
                    "layers.0.weight",
                    Tensor.of(weights.get("w").toArray(), 5, 12),
                    "layers.0.bias",
                    Tensor.allocate(5)))) {
      assertEquals(flat.evaluate(sameWeights, images), classifier.evaluate(weights, images));
    }
    assertEquals(
        "image reads images [3, 2, 2] and tells 5 classes apart;"
            + " the images have shape [1, 3, 4] and 5 classes",
        assertThrows(
                IllegalArgumentException.class,
                () -> Classifier.requireFit(network, images(new ImageShape(1, 3, 4), 3)))
            .getMessage());
  }

  @Test
  void fineBinsPutTogetherAreCoarseBins() {
    int[] labels = {0, 1, 0, 1, 0, 0};
    try (Tensor logits = logits(0.55, 0.61, 0.72, 0.83, 0.94, 0.3)) {
      Calibration fine = Calibration.of(30, logits, labels, labels.length);
      for (int bins : new int[] {10, 15, 30, 1}) {
        Calibration coarse = fine.coarsened(bins);
        Calibration direct = Calibration.of(bins, logits, labels, labels.length);
        assertEquals(direct.bins().size(), coarse.bins().size());
        for (int bin = 0; bin < bins; bin++) {
          assertEquals(direct.bins().get(bin).examples(), coarse.bins().get(bin).examples());
          assertEquals(direct.bins().get(bin).correct(), coarse.bins().get(bin).correct());
          assertEquals(
              direct.bins().get(bin).confidenceSum(),
              coarse.bins().get(bin).confidenceSum(),
              1e-12);
        }
      }
      assertThrows(IllegalArgumentException.class, () -> fine.coarsened(7));
    }
  }

  @Test
  void largeNetworksAreEvaluatedInSmallerBatches() {
    assertEquals(1000, Classifier.batchSize(Mlp.of(784, 512, 10).network()));
    assertEquals(22, Classifier.batchSize(Mlp.of(1_000_000, 1_000_000, 10).network()));
    assertEquals(1, Classifier.batchSize(Mlp.of(100_000_000, 10).network()));
  }

  private static LabelledImages images(ImageShape shape, int count) {
    byte[] pixels = new byte[count * shape.elements()];
    byte[] labels = new byte[count];
    new Random(5).nextBytes(pixels);
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) (i % 5);
    }
    return LabelledImages.of(shape, 5, pixels, labels);
  }
}
