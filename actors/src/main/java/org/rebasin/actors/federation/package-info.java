/**
 * Continuous federated merging: one sharded, event-sourced entity keeps each federation's global
 * model and merges what arrives. Decides and records; what takes long is done by workers through
 * the queue, and no tensor is touched here.
 *
 * <p>{@link org.rebasin.actors.federation.Federations} is the door for all who are not actors.
 * Behind it {@link org.rebasin.actors.federation.Federation} is the entity; its state, the tasks
 * that are wanted and the decisions that are due are functions without actors.
 */
package org.rebasin.actors.federation;
