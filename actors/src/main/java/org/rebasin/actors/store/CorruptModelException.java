package org.rebasin.actors.store;

import java.nio.file.Path;

/**
 * A model's file is not what its name says. It was moved aside and is never served; the model may
 * be fetched again.
 */
public final class CorruptModelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CorruptModelException(ModelId id, String found, Path movedTo) {
    super(
        "model %s: expected its SHA-256, found %s; the file was moved to %s"
            .formatted(id, found, movedTo));
  }
}
