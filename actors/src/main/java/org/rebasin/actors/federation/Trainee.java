package org.rebasin.actors.federation;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * How far a participant within the cluster is. Immutable.
 *
 * @param examples its training images; empty before they are counted
 * @param begun trainings that were begun
 * @param done trainings that have come to a contribution
 * @param failures how often something failed
 * @param training what it is at
 * @param failure why the last thing failed; nothing is begun before the federation is resumed
 */
record Trainee(
    Optional<Long> examples,
    int begun,
    int done,
    int failures,
    Optional<Training> training,
    Optional<String> failure) {
  /**
   * A training.
   *
   * @param number from 1
   * @param base the version that it began from; empty for weights of its own
   */
  record Training(int number, OptionalInt base) {}

  static final Trainee NEW =
      new Trainee(Optional.empty(), 0, 0, 0, Optional.empty(), Optional.empty());

  Trainee counted(long images) {
    return new Trainee(Optional.of(images), begun, done, failures, training, failure);
  }

  Trainee begin(int number, OptionalInt base) {
    return new Trainee(
        examples, number, done, failures, Optional.of(new Training(number, base)), failure);
  }

  Trainee finish() {
    return new Trainee(examples, begun, done + 1, failures, Optional.empty(), failure);
  }

  Trainee fail(String cause) {
    return new Trainee(examples, begun, done, failures + 1, Optional.empty(), Optional.of(cause));
  }

  Trainee stop() {
    return new Trainee(examples, begun, done, failures, Optional.empty(), failure);
  }

  Trainee forgive() {
    return new Trainee(examples, begun, done, failures, training, Optional.empty());
  }
}
