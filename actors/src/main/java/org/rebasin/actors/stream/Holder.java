package org.rebasin.actors.stream;

import org.rebasin.actors.store.Outline;

/**
 * A node that has a model.
 *
 * @param home of its store, see {@link org.rebasin.actors.store.ModelStore#home}
 * @param node its address, {@code host:port}, for people
 * @param isPrivate whether the model must not leave it
 */
public record Holder(String home, String node, boolean isPrivate, Outline outline) {}
