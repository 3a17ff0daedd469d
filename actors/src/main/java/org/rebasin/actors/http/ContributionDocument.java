package org.rebasin.actors.http;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.rebasin.actors.federation.Contribution;
import org.rebasin.actors.store.ModelId;

/**
 * What {@code POST /federations/{name}/contributions} takes.
 *
 * @param participant who gives it
 * @param baseVersion that its training began from; none unless given
 * @param examples training images that it has seen
 * @param model the id of a model that was uploaded
 * @param metrics what the participant measured
 */
record ContributionDocument(
    Optional<String> participant,
    OptionalInt baseVersion,
    OptionalLong examples,
    Optional<String> model,
    Optional<Map<String, Double>> metrics) {
  private static final int LONGEST_NAME = 64;

  /**
   * What the document says.
   *
   * @throws ProblemException naming the field whose value is not possible
   */
  Contribution contribution() {
    String id = model.orElseThrow(() -> missing("model", "the id of a model that was uploaded"));
    return contribution(FederationDocument.id("model", id));
  }

  /** The same of a given model. */
  Contribution contribution(ModelId given) {
    Map<String, Double> measured = metrics.orElse(Map.of());
    measured.forEach(
        (name, value) -> {
          if (name.isEmpty() || name.length() > LONGEST_NAME || value == null || value.isNaN()) {
            throw new ProblemException(
                Problem.Kind.UNPROCESSABLE,
                "metrics: expected numbers by names of 1 to %d characters, found '%s'"
                    .formatted(LONGEST_NAME, name));
          }
        });
    try {
      return new Contribution(
          participant.orElseThrow(() -> missing("participant", "the participant's name")),
          baseVersion,
          examples.orElseThrow(() -> missing("examples", "how many images were trained on")),
          given,
          measured);
    } catch (IllegalArgumentException problem) {
      throw new ProblemException(Problem.Kind.UNPROCESSABLE, problem.getMessage());
    }
  }

  private static ProblemException missing(String field, String what) {
    return new ProblemException(
        Problem.Kind.UNPROCESSABLE, "%s: expected %s, found none".formatted(field, what));
  }
}
