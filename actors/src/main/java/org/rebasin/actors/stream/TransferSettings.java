package org.rebasin.actors.stream;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * How models move between nodes.
 *
 * @param window chunks of one model that may be under way at a time
 * @param fetches models that a node fetches at a time
 * @param sends models that a node sends at a time
 * @param patience how long another node's answer, or its next chunk, may take
 * @param attempts how often in all a fetch is tried without a single chunk arriving
 * @param pause before the second attempt; doubles each time
 */
public record TransferSettings(
    int window, int fetches, int sends, Duration patience, int attempts, Duration pause) {
  /** The dispatcher on which files are read and written. */
  static final String DISPATCHER = "rebasin.transfer-dispatcher";

  /** From the settings under {@code rebasin.stream}. */
  public static TransferSettings of(Config stream) {
    return new TransferSettings(
        stream.getInt("window"),
        stream.getInt("fetches"),
        stream.getInt("sends"),
        stream.getDuration("patience"),
        stream.getInt("attempts"),
        stream.getDuration("pause"));
  }
}
