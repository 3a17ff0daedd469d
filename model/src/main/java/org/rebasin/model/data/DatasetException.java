package org.rebasin.model.data;

/**
 * A data set that is absent, unreadable or not what its format promises. The message names the file
 * or directory, what was expected there and what was found.
 */
public final class DatasetException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DatasetException(String message) {
    super(message);
  }

  public DatasetException(String message, Throwable cause) {
    super(message, cause);
  }
}
