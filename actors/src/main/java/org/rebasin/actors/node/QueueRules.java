package org.rebasin.actors.node;

import com.typesafe.config.Config;
import java.time.Duration;
import org.rebasin.actors.work.WorkQueue;

/** Reads the rules of the work queue from the configuration. */
final class QueueRules {
  private QueueRules() {}

  /**
   * The configured rules.
   *
   * @param config the section {@code rebasin}
   */
  static WorkQueue.Rules of(Config config, Duration settling) {
    return new WorkQueue.Rules(
        config.getInt("work.attempts"),
        config.getInt("work.losses"),
        config.getDuration("work.retry-pause"),
        settling);
  }
}
