package org.rebasin.actors.work;

/** What is averaged when several models are evaluated as one. */
public enum Combination {
  /** Their weights: one network. */
  WEIGHTS,
  /** Their outputs: an ensemble. */
  LOGITS
}
