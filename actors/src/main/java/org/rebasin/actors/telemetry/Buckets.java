package org.rebasin.actors.telemetry;

import java.util.List;

/** The upper bounds of histograms, and labels that stand for a class of sizes. */
final class Buckets {
  /** Of work, from a few milliseconds to a day. */
  static final double[] WORK_SECONDS = {
    0.005, 0.02, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200, 28800, 86400
  };

  /** Of messages, from microseconds to a minute. */
  static final double[] MESSAGE_SECONDS = {
    0.00001, 0.0001, 0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60
  };

  /** Of small whole numbers. */
  static final double[] COUNTS = {0, 1, 2, 3, 5, 8, 12, 20, 50, 100};

  /** Of shares between 0 and 1, finer towards 1. */
  static final double[] RATIOS = {
    0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 1
  };

  /** Of losses in nats. */
  static final double[] LOSSES = {0, 0.001, 0.01, 0.03, 0.1, 0.3, 1, 3, 10};

  /** Of a gain in relation to what it began from. */
  static final double[] GAINS = {0, 0.01, 0.1, 0.25, 0.5, 1, 2, 5, 10, 100};

  private static final List<Integer> UNITS = List.of(64, 256, 1024, 4096, 16384);

  private Buckets() {}

  /** The label of a number of hidden units: the smallest bound that it does not exceed. */
  static String unitsLe(int units) {
    return UNITS.stream()
        .filter(bound -> units <= bound)
        .findFirst()
        .map(String::valueOf)
        .orElse("+Inf");
  }
}
