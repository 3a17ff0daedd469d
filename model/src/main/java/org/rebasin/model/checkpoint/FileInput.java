package org.rebasin.model.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * A regular file opened for reading at any position; every failure is a {@link CheckpointException}
 * that names the file. Safe for use by several threads at once.
 */
record FileInput(Path path, FileChannel channel, long size) implements NpySource, AutoCloseable {

  /** Opens {@code path}; {@code expected} says what the file should be, such as "a .npy file". */
  static FileInput open(Path path, String expected) {
    try {
      // Looked at before it is opened: opening a named pipe would wait for a writer.
      BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
      if (attributes.isDirectory()) {
        throw new CheckpointException(path, "expected " + expected + ", found a directory");
      }
      if (!attributes.isRegularFile()) {
        throw new CheckpointException(
            path, "expected " + expected + ", found something other than a regular file");
      }
      FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
      return new FileInput(path, channel, channel.size());
    } catch (NoSuchFileException e) {
      throw new CheckpointException(path, "expected " + expected + ", found no such file", e);
    } catch (AccessDeniedException e) {
      throw new CheckpointException(
          path, "expected " + expected + ", found a file that may not be read", e);
    } catch (IOException e) {
      throw CheckpointException.failed(path, "cannot be opened", e);
    }
  }

  /** Fills what remains of {@code target} with the bytes from {@code position} on. */
  @Override
  public void read(long position, ByteBuffer target) {
    try {
      long at = position;
      while (target.hasRemaining()) {
        int count = channel.read(target, at);
        if (count < 0) {
          throw new CheckpointException(
              path,
              "expected %d more bytes at position %d, found the end of the file: it has changed since it was opened"
                  .formatted(target.remaining(), at));
        }
        at += count;
      }
    } catch (IOException e) {
      throw failedAt(position, e);
    }
  }

  @Override
  public CheckpointException refused(String problem) {
    return new CheckpointException(path, problem);
  }

  /** Maps bytes read-only; at most 2^31 - 1 of them. */
  ByteBuffer map(long position, long bytes) {
    try {
      return channel.map(FileChannel.MapMode.READ_ONLY, position, bytes);
    } catch (IOException e) {
      throw failedAt(position, e);
    }
  }

  private CheckpointException failedAt(long position, IOException e) {
    return CheckpointException.failed(path, "cannot be read at position " + position, e);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw CheckpointException.failed(path, "cannot be closed", e);
    }
  }
}
