package org.rebasin.actors.job;

/** Marks what goes between the nodes about jobs, as CBOR; nothing of it is kept. */
public interface JobMessage {}
