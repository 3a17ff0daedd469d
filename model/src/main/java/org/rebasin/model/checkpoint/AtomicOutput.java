package org.rebasin.model.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.UUID;

/**
 * A file that appears under its name only when it is complete and on disk. Until then its bytes go
 * to a hidden file in the same directory, which {@link #close} deletes; a killed process leaves it
 * behind.
 */
final class AtomicOutput implements AutoCloseable {
  private final Path path;
  private final Path destination;
  private final Path temporary;
  private final FileChannel channel;
  private final Sha256 digest = new Sha256();
  private long position;

  private AtomicOutput(Path path, Path destination, Path temporary, FileChannel channel) {
    this.path = path;
    this.destination = destination;
    this.temporary = temporary;
    this.channel = channel;
  }

  /** Creates the hidden file, so that an unwritable place is refused before any work. */
  static AtomicOutput create(Path path) {
    Path parent = path.toAbsolutePath().getParent();
    if (parent != null && !Files.isDirectory(parent)) {
      throw new CheckpointException(
          path,
          "expected a directory to write to, found %s: %s"
              .formatted(Files.exists(parent) ? "a file" : "none", parent));
    }
    Path destination = destinationOf(path);
    Path directory = destination.getParent();
    Path temporary = directory.resolve(".rebasin-" + UUID.randomUUID() + ".tmp");
    try {
      FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      return new AtomicOutput(path, destination, temporary, channel);
    } catch (AccessDeniedException e) {
      throw new CheckpointException(
          path, "expected a directory to write to, found one without permission: " + directory, e);
    } catch (IOException e) {
      throw CheckpointException.failed(path, "cannot be written", e);
    }
  }

  /** The file to replace: behind a symbolic link, what it points to, so that the link stays. */
  private static Path destinationOf(Path path) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
      if (!attributes.isRegularFile()) {
        throw new CheckpointException(
            path,
            "expected a file to write to, found "
                + (attributes.isDirectory() ? "a directory" : "neither a file nor a free name"));
      }
      return path.toRealPath();
    } catch (NoSuchFileException e) {
      return path.toAbsolutePath();
    } catch (IOException e) {
      // Such as a name that is too long: better refused now than at the commit.
      throw CheckpointException.failed(path, "cannot be written", e);
    }
  }

  Path path() {
    return path;
  }

  /** How many bytes have been written. */
  long position() {
    return position;
  }

  /** Appends what remains of {@code bytes}. After a failure nothing has been appended. */
  void write(ByteBuffer bytes) {
    ByteBuffer digested = bytes.duplicate();
    int length = bytes.remaining();
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes, position + length - bytes.remaining());
      }
    } catch (IOException e) {
      throw CheckpointException.failed(path, "cannot be written", e);
    }
    digest.update(digested);
    position += length;
  }

  /** Brings the bytes to disk and gives them their name; answers their SHA-256. */
  String commit() {
    try {
      channel.force(true);
      channel.close();
      Files.move(temporary, destination, StandardCopyOption.ATOMIC_MOVE);
      Path directory = destination.getParent();
      // Elsewhere a directory cannot be opened, and the file system keeps the rename by itself.
      if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        try (FileChannel entries = FileChannel.open(directory, StandardOpenOption.READ)) {
          entries.force(true);
        }
      }
    } catch (IOException e) {
      throw CheckpointException.failed(path, "cannot be completed", e);
    }
    return digest.hexadecimal();
  }

  /** Deletes the hidden file, if it has not become the file itself. */
  @Override
  public void close() {
    try {
      channel.close();
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      throw CheckpointException.failed(path, "cannot delete the unfinished " + temporary, e);
    }
  }
}
