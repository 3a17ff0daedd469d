package org.rebasin.actors.work;

import java.util.Locale;

/** What a worker does. */
public enum Role {
  /** Trains a network. */
  TRAINER,
  /** Passes data through networks to measure their units. */
  COLLECTOR,
  /** Finds permutations, and makes models by them. */
  SOLVER,
  /** Tells what a network is worth. */
  EVALUATOR;

  /** The name in configuration and in actors' paths. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The dispatcher on which the role's work runs, apart from the actors' own. */
  public String dispatcher() {
    return "rebasin." + text() + "-dispatcher";
  }
}
