/**
 * Permutations of hidden units, the specification of what they act on (derived from a network), and
 * linear assignment. Chooses no permutation: that is alignment's.
 */
package org.rebasin.model.permutation;
