package org.rebasin.actors.experiment;

import java.util.Locale;
import java.util.Map;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.merge.Interpolation;
import org.rebasin.model.tensor.Weights;

/** What a malicious participant sends instead of what it has trained. */
enum Attack {
  /** Its weights with the opposite sign. */
  SIGN_FLIPPED {
    @Override
    Weights of(ModelFile trained, long seed) {
      return scaled(trained, -1);
    }
  },
  /** Its weights a hundred times. */
  SCALED {
    @Override
    Weights of(ModelFile trained, long seed) {
      return scaled(trained, FACTOR);
    }
  },
  /** Weights that nobody has trained. */
  RANDOM {
    @Override
    Weights of(ModelFile trained, long seed) {
      return trained.network().initialize(seed);
    }
  };

  private static final double FACTOR = 100;

  static Attack named(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  abstract Weights of(ModelFile trained, long seed);

  /** Writes what is sent as a model like any other. */
  ModelId write(ModelStore store, ModelId trained, long seed) {
    try (ModelFile file = store.open(trained);
        Weights weights = of(file, seed)) {
      return store.write(weights, Map.of(ModelFile.ARCHITECTURE, file.network().architecture()));
    }
  }

  /** A point of the line from nothing through the weights. */
  private static Weights scaled(ModelFile trained, double factor) {
    Weights weights = trained.weights();
    Weights target = Weights.like(weights);
    try (Weights nothing = Weights.like(weights)) {
      Interpolation.at(factor, nothing, weights, target);
      return target;
    } catch (RuntimeException problem) {
      target.close();
      throw problem;
    }
  }
}
