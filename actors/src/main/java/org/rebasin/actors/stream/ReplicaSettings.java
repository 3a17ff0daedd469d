package org.rebasin.actors.stream;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * On how many nodes models are kept.
 *
 * @param replicas nodes that have a model before it counts as stored
 * @param shared whether all nodes have one directory in common, so that nothing is copied
 * @param checkInterval between looks for models that have too few replicas
 * @param settling how long after a node came or went the next look is
 * @param patience how long an answer may take before the question is asked again
 * @param attempts how often in all nodes are asked to keep a model, if none of them does
 */
public record ReplicaSettings(
    int replicas,
    boolean shared,
    Duration checkInterval,
    Duration settling,
    Duration patience,
    int attempts) {
  /** Checks the number. */
  public ReplicaSettings {
    if (replicas < 1) {
      throw new IllegalArgumentException(
          "rebasin.store.replicas: expected at least 1, found " + replicas);
    }
  }

  /** From the settings under {@code rebasin}. */
  public static ReplicaSettings of(Config rebasin) {
    return new ReplicaSettings(
        rebasin.getInt("store.replicas"),
        rebasin.getBoolean("store.shared"),
        rebasin.getDuration("store.check-interval"),
        rebasin.getDuration("store.settling"),
        rebasin.getDuration("stream.patience"),
        rebasin.getInt("stream.attempts"));
  }
}
