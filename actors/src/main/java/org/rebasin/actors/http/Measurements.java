package org.rebasin.actors.http;

import java.util.List;
import java.util.Optional;
import org.rebasin.actors.telemetry.ActorReading;

/** What a node measures of its actors. Thread-safe. */
@FunctionalInterface
public interface Measurements {
  /** A node that measures nothing. */
  Measurements OFF = Optional::empty;

  /** Those of the last interval; empty if there are none. Cheap: called for all who watch. */
  Optional<List<ActorReading>> actors();
}
