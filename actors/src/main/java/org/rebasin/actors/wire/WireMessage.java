package org.rebasin.actors.wire;

/**
 * Marks what actors on different nodes tell each other, so that Akka takes {@link WireSerializer}
 * for it. Every class that is sent, and every class inside it, has its number in the {@link
 * WireProtocol}.
 */
public interface WireMessage {}
