/**
 * The pipelines through which tensors and batches flow, with back-pressure: every stage is bounded,
 * and what is in flight is counted. Decides nothing and computes nothing itself.
 */
package org.rebasin.actors.stream;
