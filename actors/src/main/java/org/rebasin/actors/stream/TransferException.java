package org.rebasin.actors.stream;

/** A model could not be had from any node, or not be given to enough of them. */
public final class TransferException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TransferException(String message) {
    super(message);
  }
}
