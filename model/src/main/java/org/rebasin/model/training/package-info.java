/**
 * Optimisers, learning-rate schedules and the training step. Reads batches that somebody else made;
 * knows no data set.
 */
package org.rebasin.model.training;
