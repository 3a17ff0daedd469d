/**
 * Float tensors in native memory with one owner each, named weights, and the kernels that run on
 * them: matrix product, gather, element-wise arithmetic. Knows nothing of networks or data sets.
 */
package org.rebasin.model.tensor;
