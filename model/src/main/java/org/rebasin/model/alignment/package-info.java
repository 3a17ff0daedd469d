/**
 * Finds the permutations that bring one network's hidden units into the order of another's (Git
 * Re-Basin, section 3). Reads weights, writes none, and knows no file and no data set.
 */
package org.rebasin.model.alignment;
