package org.rebasin.model.tensor;

/** Weights hold a NaN or an infinity; the message names the tensor, the index and the source. */
public final class NonFiniteException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** Says where the value is. */
  public NonFiniteException(String message) {
    super(message);
  }
}
