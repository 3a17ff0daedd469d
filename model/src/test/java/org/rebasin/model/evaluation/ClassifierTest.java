package org.rebasin.model.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.data.ImageShape;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.NativeMemory;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.RandomWeights;

class ClassifierTest {
  private static final ImageShape SHAPE = new ImageShape(1, 3, 4);

  /** A linear network, whose loss is a short loop in double. */
  private static final Network NETWORK = Mlp.of(12, 5).network();

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 999, 1000, 1001, 2345})
  void scoreIsThatOfEvaluatingImageByImageInDouble(int count) {
    LabelledImages images = images(count);
    try (Weights weights = RandomWeights.gaussian(3, NETWORK);
        Classifier classifier = new Classifier(NETWORK, images)) {
      Score score = classifier.evaluate(weights, images);
      Score expected = inDouble(weights, images);
      assertEquals(count, score.examples());
      assertEquals(expected.correct(), score.correct());
      assertEquals(expected.loss(), score.loss(), 1e-5);
      assertEquals((double) expected.correct() / count, score.accuracy());
    }
  }

  @Test
  void evaluatorServesOtherWeightsAndOtherImagesOfItsShape() {
    LabelledImages images = images(300);
    try (Weights one = RandomWeights.gaussian(1, NETWORK);
        Weights other = RandomWeights.gaussian(2, NETWORK);
        Classifier classifier = new Classifier(NETWORK, images.prefix(70))) {
      Score first = classifier.evaluate(one, images);
      classifier.evaluate(other, images.prefix(3));
      assertEquals(first, classifier.evaluate(one, images));
      assertEquals(inDouble(other, images).correct(), classifier.evaluate(other, images).correct());
    }
  }

  @Test
  void closedEvaluatorGivesItsMemoryBack() {
    long before = NativeMemory.bytes();
    new Classifier(NETWORK, images(10)).close();
    assertEquals(before, NativeMemory.bytes());
  }

  @Test
  void refusalSaysWhatTheNetworkReadsAndWhatTheImagesHave() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> Classifier.requireFit(Mlp.of(13, 5).network(), images(1)))
            .getMessage();
    assertEquals(
        "mlp:13-5 reads 13 values and tells 5 classes apart; the images have 12 values and 5 classes",
        message);
  }

  @Test
  void scoresOfPartsAddUp() {
    Score sum = Score.sum(List.of(new Score(1.5, 2, 4), Score.NONE, new Score(0.5, 3, 6)));
    assertEquals(new Score(2, 5, 10), sum);
    assertEquals(0.2, sum.loss());
    assertEquals(0.5, sum.accuracy());
    assertEquals(Score.NONE, Score.sum(List.of()));
  }

  @Test
  void barrierBelowTheChordIsThatOfTheEnds() {
    LossBarrier barrier = LossBarrier.of(List.of(0.0, 0.5, 1.0), List.of(1.0, 0.5, 4.0));
    assertEquals(new LossBarrier(0, 1.5), barrier);
  }

  @Test
  void barrierOfALossThatIsNotANumberIsNotANumber() {
    LossBarrier barrier = LossBarrier.of(List.of(0.0, 0.5, 1.0), List.of(1.0, Double.NaN, 1.0));
    assertTrue(Double.isNaN(barrier.aboveChord()) && Double.isNaN(barrier.aboveMidpoint()));
  }

  @Test
  void curveWithoutBothEndsIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> LossBarrier.of(List.of(), List.of()));
    assertThrows(IllegalArgumentException.class, () -> LossBarrier.of(List.of(0.0), List.of(1.0)));
    assertThrows(
        IllegalArgumentException.class, () -> LossBarrier.of(List.of(0.1, 1.0), List.of(1.0, 1.0)));
    assertEquals(
        "expected a loss for each λ from 0 to 1, found 1 losses at λ [0.0, 1.0]",
        assertThrows(
                IllegalArgumentException.class,
                () -> LossBarrier.of(List.of(0.0, 1.0), List.of(1.0)))
            .getMessage());
  }

  private static LabelledImages images(int count) {
    Random random = new Random(17);
    byte[] pixels = new byte[count * SHAPE.elements()];
    byte[] labels = new byte[count];
    random.nextBytes(pixels);
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) random.nextInt(5);
    }
    return LabelledImages.of(SHAPE, 5, pixels, labels);
  }

  private static Score inDouble(Weights weights, LabelledImages images) {
    Tensor w = weights.get("layers.0.weight");
    Tensor b = weights.get("layers.0.bias");
    double lossSum = 0;
    long correct = 0;
    for (int image = 0; image < images.size(); image++) {
      byte[] pixels = images.pixels(image);
      double sum = 0;
      int best = 0;
      double[] logits = new double[5];
      for (int c = 0; c < 5; c++) {
        logits[c] = b.values().get(c);
        for (int i = 0; i < 12; i++) {
          logits[c] += w.values().get(c * 12 + i) * (pixels[i] & 0xFF) / 255.0;
        }
        best = logits[c] > logits[best] ? c : best;
        sum += Math.exp(logits[c]);
      }
      lossSum += Math.log(sum) - logits[images.label(image)];
      correct += best == images.label(image) ? 1 : 0;
    }
    return new Score(lossSum, correct, images.size());
  }
}
