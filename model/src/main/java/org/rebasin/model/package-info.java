/**
 * The science of Rebasin: tensors, networks, permutations, alignment, merging, evaluation, data and
 * checkpoints. Nothing below this package knows an actor, a network connection or a command line.
 */
package org.rebasin.model;
