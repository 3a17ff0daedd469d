package org.rebasin.model.network;

/** What a network is run for. */
public enum Mode {
  /** For its outputs: normalises by the running statistics, drops nothing. */
  INFERENCE,

  /**
   * For its outputs and gradients: normalises by the batch's own statistics, and moves the running
   * ones towards them; drops units at random.
   */
  TRAINING,

  /** For the statistics of its values: normalises by the batch's own, and drops nothing. */
  STATISTICS
}
