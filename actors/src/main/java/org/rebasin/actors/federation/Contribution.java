package org.rebasin.actors.federation;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.rebasin.actors.store.ModelId;

/**
 * What a participant gives.
 *
 * @param participant who
 * @param base the version that the training began from; empty for weights of the participant's own
 * @param examples training images that it has seen, which weigh it
 * @param model in the cluster's stores already
 * @param metrics what the participant measured; kept and shown, never decided by
 */
public record Contribution(
    String participant,
    OptionalInt base,
    long examples,
    ModelId model,
    Map<String, Double> metrics) {
  private static final int MOST_METRICS = 32;
  private static final int MOST_NAME = 64;

  /** Checks the fields and copies the map. */
  public Contribution {
    requireName(participant);
    if (examples < 1) {
      throw new IllegalArgumentException("examples: expected at least 1, found " + examples);
    }
    if (base.isPresent() && base.getAsInt() < 1) {
      throw new IllegalArgumentException(
          "base version: expected at least 1, found " + base.getAsInt());
    }
    if (metrics.size() > MOST_METRICS) {
      throw new IllegalArgumentException(
          "metrics: expected at most %d, found %d".formatted(MOST_METRICS, metrics.size()));
    }
    for (String metric : metrics.keySet()) {
      if (metric.length() > MOST_NAME) {
        throw new IllegalArgumentException(
            "metrics: expected names of up to %d characters, found one of %d"
                .formatted(MOST_NAME, metric.length()));
      }
    }
    // In an order that never changes, as journals hold it.
    metrics = Collections.unmodifiableMap(new TreeMap<>(metrics));
  }

  static void requireName(String participant) {
    if (!participant.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
      throw new IllegalArgumentException(
          "participant: expected 1 to 64 letters, digits, dots, underscores and hyphens, found '"
              + participant
              + "'");
    }
  }

  /**
   * The contribution's own name: the same participant, base and model are the same contribution,
   * however often it is sent.
   *
   * @return 32 hexadecimal digits of a SHA-256
   */
  public String id() {
    String text = participant + "\n" + base + "\n" + model.sha256();
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, 32);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }
}
