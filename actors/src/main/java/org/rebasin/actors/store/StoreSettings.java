package org.rebasin.actors.store;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * How a durable store behaves.
 *
 * @param maxModelSize in bytes; a longer file is refused
 * @param partialGrace how long the beginning of a model that did not arrive whole is kept
 */
public record StoreSettings(long maxModelSize, Duration partialGrace) {
  /** From the settings under {@code rebasin.store}. */
  public static StoreSettings of(Config store) {
    return new StoreSettings(store.getBytes("max-model-size"), store.getDuration("partial-grace"));
  }
}
