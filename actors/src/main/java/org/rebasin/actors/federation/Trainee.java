package org.rebasin.actors.federation;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * How far a participant within the cluster is. Immutable.
 *
 * @param done trainings that have come to a contribution
 * @param training what it is at
 * @param failure why its last training failed; it begins none before the federation is resumed
 */
record Trainee(int begun, int done, Optional<Training> training, Optional<String> failure) {
  /**
   * A training.
   *
   * @param number from 1
   * @param base the version that it began from; empty for weights of its own
   */
  record Training(int number, OptionalInt base) {}

  static final Trainee NEW = new Trainee(0, 0, Optional.empty(), Optional.empty());

  Trainee begin(int number, OptionalInt base) {
    return new Trainee(number, done, Optional.of(new Training(number, base)), Optional.empty());
  }

  Trainee finish() {
    return new Trainee(begun, done + 1, Optional.empty(), Optional.empty());
  }

  Trainee fail(String cause) {
    return new Trainee(begun, done, Optional.empty(), Optional.of(cause));
  }

  Trainee stop() {
    return new Trainee(begun, done, Optional.empty(), failure);
  }

  Trainee forgive() {
    return new Trainee(begun, done, training, Optional.empty());
  }
}
