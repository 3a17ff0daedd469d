package org.rebasin.model.alignment;

import org.rebasin.model.permutation.Permutations;

/** How a descent begins: in which order its first sweep visits the groups, and what counts then. */
sealed interface FirstSweep {
  /** Greedy, from the network's input on. */
  record InputToOutput() implements FirstSweep {}

  /** Greedy, from the network's output back. */
  record OutputToInput() implements FirstSweep {}

  /** Greedy, in an order drawn from the seed and {@code restart}. */
  record InRandomOrder(int restart) implements FirstSweep {}

  /** In random order from given permutations, every group counting. */
  record From(Permutations start) implements FirstSweep {}
}
