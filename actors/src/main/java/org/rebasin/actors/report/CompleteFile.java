package org.rebasin.actors.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/** Text files that are complete or not there. */
final class CompleteFile {
  private CompleteFile() {}

  /** Writes a text as UTF-8, in the place of what was there. */
  static void write(String text, Path file) {
    try {
      Path partial =
          file.toAbsolutePath().resolveSibling(".rebasin-" + UUID.randomUUID() + ".partial");
      try {
        Files.writeString(partial, text);
        Files.move(
            partial, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(partial);
      }
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot write " + file, problem);
    }
  }
}
