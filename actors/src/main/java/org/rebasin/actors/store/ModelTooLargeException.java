package org.rebasin.actors.store;

/** A model is longer than the store takes. */
public final class ModelTooLargeException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final long limit;

  ModelTooLargeException(long size, long limit) {
    super(
        "expected a model of at most %d bytes (rebasin.store.max-model-size), found %d or more"
            .formatted(limit, size));
    this.limit = limit;
  }

  /** The most bytes that are taken. */
  public long limit() {
    return limit;
  }
}
