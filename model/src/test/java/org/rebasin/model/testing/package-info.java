/**
 * What several tests need: random weights and permutations from seeds, and operators that the
 * product does not have. Holds no test.
 */
package org.rebasin.model.testing;
