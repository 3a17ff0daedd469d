package org.rebasin.model.checkpoint;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A file that cannot be read or written as asked. The message starts with the file and says what
 * was expected and what was found.
 */
public final class CheckpointException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CheckpointException(Path file, String problem) {
    super(file + ": " + problem);
  }

  CheckpointException(Path file, String problem, Throwable cause) {
    super(file + ": " + problem, cause);
  }

  /** For an {@code action} that the file system refused, such as "cannot be read". */
  static CheckpointException failed(Path file, String action, IOException cause) {
    // A channel closed under its user, by a call or by an interrupt, has no message of its own.
    String reason =
        cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    return new CheckpointException(file, action + ": " + reason, cause);
  }
}
