/**
 * A network as a graph of operators: shapes, parameters, forward and backward passes, architectures
 * by name or inferred from a checkpoint's tensors. Holds no optimiser, no data set and no file.
 */
package org.rebasin.model.network;
