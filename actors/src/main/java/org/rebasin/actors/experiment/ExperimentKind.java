package org.rebasin.actors.experiment;

import java.util.Locale;

/** The shapes that experiments have; each is run by a class of its own. */
enum ExperimentKind {
  /** Two networks of each of some architectures, and the lines between them. */
  PAIR,
  /** Two networks, and the line between them after each epoch. */
  ONSET,
  /** Many networks merged into one. */
  MANY,
  /** Two small networks that no permutation connects. */
  COUNTEREXAMPLE,
  /** Two networks that the user has. */
  CHECKPOINTS,
  /** Participants of a federation, in virtual time. */
  FEDERATED;

  static ExperimentKind of(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT));
  }

  /** Runs an experiment of this kind. */
  Findings run(Laboratory laboratory, Experiment experiment) {
    return switch (this) {
      case PAIR -> new PairExperiment(laboratory, experiment).run();
      case ONSET -> new OnsetExperiment(laboratory, experiment).run();
      case MANY -> new ManyModelsExperiment(laboratory, experiment).run();
      case COUNTEREXAMPLE -> new CounterexampleExperiment().run();
      case CHECKPOINTS -> new CheckpointsExperiment(laboratory, experiment).run();
      case FEDERATED -> new FederatedExperiment(laboratory, experiment).run();
    };
  }
}
