/**
 * Files of named weights and of score matrices, as bytes on disk: safetensors read by memory
 * mapping and written atomically, NumPy archives read and written, NumPy arrays read. Nothing here
 * knows a network, a tensor library or what the names in a file mean.
 */
package org.rebasin.model.checkpoint;
