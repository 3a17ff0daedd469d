/**
 * Continuous federated merging: one sharded, event-sourced entity keeps each federation's global
 * model and merges what arrives. Decides and records; what takes long is done by workers through
 * the queue, and no tensor is touched here.
 */
package org.rebasin.actors.federation;
