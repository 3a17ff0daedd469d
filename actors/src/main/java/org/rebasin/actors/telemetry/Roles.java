package org.rebasin.actors.telemetry;

import java.util.List;

/** The roles of workers, whose figures are there, as zeros, before anything happened. */
final class Roles {
  static final List<String> ALL = List.of("trainer", "collector", "solver", "evaluator");

  private Roles() {}
}
