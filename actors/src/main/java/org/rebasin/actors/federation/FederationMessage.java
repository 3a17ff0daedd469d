package org.rebasin.actors.federation;

/** Marks what goes between the nodes about federations, as CBOR; nothing of it is kept. */
public interface FederationMessage {}
