package org.rebasin.actors.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.UUID;
import org.rebasin.model.checkpoint.ModelFile;

/** A model that a user sends, in pieces. Closed without a commit, it leaves nothing. One thread. */
public final class Upload implements AutoCloseable {
  private final Shelf shelf;
  private final Labels labels;
  private final Path path;
  private final FileChannel channel;
  private final MessageDigest digest = Disk.sha256();
  private long size;

  private Upload(Shelf shelf, Labels labels, Path path, FileChannel channel) {
    this.shelf = shelf;
    this.labels = labels;
    this.path = path;
    this.channel = channel;
  }

  static Upload begin(Shelf shelf, Labels labels) {
    try {
      Path path = shelf.workspace().resolve(UUID.randomUUID() + ".upload");
      return new Upload(
          shelf,
          labels,
          path,
          FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot store an upload: " + problem.getMessage(), problem);
    }
  }

  /**
   * Appends what remains of {@code bytes}, all of it or none.
   *
   * @throws ModelTooLargeException if the model is longer than the store takes
   * @throws UncheckedIOException if they cannot be written, as when the disk is full
   */
  public void append(ByteBuffer bytes) {
    long grown = size + bytes.remaining();
    if (grown > shelf.maxModelSize()) {
      throw new ModelTooLargeException(grown, shelf.maxModelSize());
    }
    ByteBuffer digested = bytes.duplicate();
    try {
      // At its place, so that what a full disk took of a part is written over when it comes again.
      for (long position = size; bytes.hasRemaining(); ) {
        position += channel.write(bytes, position);
      }
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot store an upload: " + problem.getMessage(), problem);
    }
    digest.update(digested);
    size = grown;
  }

  /** How many bytes have come. */
  public long size() {
    return size;
  }

  /**
   * Ends the upload: checks that it is a model whose numbers are finite, which reads it, and names
   * it by its content.
   *
   * @param expected the name that the user expects
   * @throws IllegalArgumentException if it has another name, or is no model
   */
  public ModelId commit(Optional<ModelId> expected) {
    ModelId id = new ModelId(Disk.text(digest));
    try {
      // Of a part that was not written whole, and whose sender did not send it again.
      channel.truncate(size);
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot store an upload: " + problem.getMessage(), problem);
    }
    if (expected.isPresent() && !expected.get().equals(id)) {
      throw new IllegalArgumentException(
          "expected an upload with SHA-256 %s, found %s".formatted(expected.get(), id));
    }
    try (ModelFile file = ModelFile.open(path, labels.architecture(), labels.told())) {
      file.weights().requireFinite("the upload");
    }
    try {
      channel.force(true);
      shelf.put(path, id, labels);
      return id;
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot store an upload: " + problem.getMessage(), problem);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
      Files.deleteIfExists(path);
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot delete " + path, problem);
    }
  }
}
