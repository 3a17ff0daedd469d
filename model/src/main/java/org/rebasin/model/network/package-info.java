/**
 * A network as a graph of operators: shapes, parameters, forward and backward passes. Holds no
 * architecture's name, no optimiser, no data set and no file.
 */
package org.rebasin.model.network;
