package org.rebasin.model.alignment;

import org.rebasin.model.permutation.Permutations;

/**
 * How one model is brought into the order of another.
 *
 * @param method the algorithm, as the command line names it
 * @param permutations one for each group of the network's spec
 * @param objectiveBefore {@link AlignmentObjective} of the identity
 * @param objective of the permutations
 * @param sweeps over all groups, of the descent that won
 * @param seconds of solving alone, without reading and writing
 * @param seed of all random choices
 */
public record Alignment(
    String method,
    Permutations permutations,
    double objectiveBefore,
    double objective,
    int sweeps,
    double seconds,
    long seed) {}
