package org.rebasin.model.data;

/**
 * Draws proportions from the symmetric Dirichlet distribution, as normalised gamma variates (G.
 * Marsaglia, W. W. Tsang, "A Simple Method for Generating Gamma Variables", 2000). The logarithms
 * of the variates are kept, so that a small concentration, of which every variate may be too small
 * for a double, gives proportions nevertheless.
 */
final class SymmetricDirichlet {
  private SymmetricDirichlet() {}

  /**
   * Draws once; the same on every machine.
   *
   * @param concentration above 0
   * @return {@code count} proportions that sum to 1
   */
  static double[] draw(double concentration, int count, StableRandom random) {
    double[] values = new double[count];
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      values[i] = logGamma(concentration, random);
      largest = Math.max(largest, values[i]);
    }
    double sum = 0;
    for (int i = 0; i < count; i++) {
      values[i] = StrictMath.exp(values[i] - largest);
      sum += values[i];
    }
    for (int i = 0; i < count; i++) {
      values[i] /= sum;
    }
    return values;
  }

  private static double logGamma(double shape, StableRandom random) {
    if (shape < 1) {
      double logUniform = StrictMath.log(positive(random));
      return logGamma(shape + 1, random) + logUniform / shape;
    }
    double d = shape - 1.0 / 3;
    double c = 1 / Math.sqrt(9 * d);
    while (true) {
      double x = normal(random);
      double root = 1 + c * x;
      double v = root * root * root;
      if (v > 0) {
        double logV = StrictMath.log(v);
        if (StrictMath.log(positive(random)) < 0.5 * x * x + d - d * v + d * logV) {
          return StrictMath.log(d) + logV;
        }
      }
    }
  }

  /** A standard normal number (polar method, of whose two numbers one is left). */
  private static double normal(StableRandom random) {
    while (true) {
      double x = random.between(-1, 1);
      double y = random.between(-1, 1);
      double square = x * x + y * y;
      if (square > 0 && square < 1) {
        return x * Math.sqrt(-2 * StrictMath.log(square) / square);
      }
    }
  }

  /** A uniform number of (0, 1], which has a logarithm. */
  private static double positive(StableRandom random) {
    return 1 - random.nextDouble();
  }
}
