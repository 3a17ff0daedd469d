/**
 * Networks by name: the families of architectures and their texts, architecture files, and the
 * architecture that follows from a checkpoint's tensors. Each gives a {@link
 * org.rebasin.model.network.Network}.
 */
package org.rebasin.model.architecture;
