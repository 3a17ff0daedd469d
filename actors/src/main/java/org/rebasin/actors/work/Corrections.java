package org.rebasin.actors.work;

import java.util.List;
import java.util.function.Consumer;
import org.rebasin.model.data.Batch;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.data.Normalization;
import org.rebasin.model.data.RandomSubset;
import org.rebasin.model.evaluation.Classifier;
import org.rebasin.model.merge.BatchNormRecalibration;
import org.rebasin.model.merge.Repair;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Weights;

/** Carries corrections out, on the same images wherever it happens. */
final class Corrections {
  /** Of the images that are measured on. */
  private static final long SEED = 0;

  private Corrections() {}

  /**
   * Corrects merged weights in place.
   *
   * @param parents the aligned models that were averaged
   * @param weights how much each counted
   * @param train the training images to choose from
   */
  static void apply(
      Correction correction,
      Network network,
      Weights merged,
      List<Weights> parents,
      List<Double> weights,
      LabelledImages train,
      Normalization normalization) {
    Classifier.requireFit(network, train);
    int count = Math.min(correction.examples(), train.size());
    LabelledImages images = train.subset(RandomSubset.ofCount(train.size(), count, SEED));
    int capacity = Math.min(Classifier.batchSize(network), count);
    try (Batch batch = new Batch(images.shape(), capacity, normalization)) {
      switch (correction.kind()) {
        case RECALIBRATION -> recalibrate(network, merged, images, batch, capacity);
        case REPAIR -> {
          double[] shares = weights.stream().mapToDouble(Double::doubleValue).toArray();
          try (Repair repair = new Repair(network, parents, shares, merged, capacity)) {
            for (int pass = 0; pass < repair.passes(); pass++) {
              eachBatch(images, batch, capacity, repair::add);
              repair.endPass();
            }
          }
        }
      }
    }
  }

  private static void recalibrate(
      Network network, Weights merged, LabelledImages images, Batch batch, int capacity) {
    if (!BatchNormRecalibration.concerns(network)) {
      throw new IllegalArgumentException(
          "%s has no batch normalisation to recalibrate; expected repair instead"
              .formatted(network.label()));
    }
    try (BatchNormRecalibration recalibration =
        new BatchNormRecalibration(network, merged, capacity)) {
      eachBatch(images, batch, capacity, recalibration::add);
      recalibration.finish();
    }
  }

  private static void eachBatch(
      LabelledImages images, Batch batch, int capacity, Consumer<Batch> use) {
    for (int from = 0; from < images.size(); from += capacity) {
      use.accept(batch.fill(images, from, Math.min(capacity, images.size() - from)));
    }
  }
}
