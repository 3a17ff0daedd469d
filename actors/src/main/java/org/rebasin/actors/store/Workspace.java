package org.rebasin.actors.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * One store's own directory for files that are being written, beside those of other stores on the
 * same disk. A lock tells whether its store lives: what a dead one left is deleted.
 */
final class Workspace implements AutoCloseable {
  private static final String LOCK = ".lock";

  private final Path directory;
  private final Path lockFile;
  private final FileChannel lock;

  private Workspace(Path directory, Path lockFile, FileChannel lock) {
    this.directory = directory;
    this.lockFile = lockFile;
    this.lock = lock;
  }

  /** Makes one under {@code parent}, and deletes those of stores that live no more. */
  static Workspace create(Path parent) throws IOException {
    deleteAbandoned(parent);
    while (true) {
      String name = UUID.randomUUID().toString();
      Path lockFile = parent.resolve(name + LOCK);
      FileChannel channel =
          FileChannel.open(lockFile, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      // Another store may have taken the file for an abandoned one before it was locked.
      if (isFree(channel) && Files.exists(lockFile)) {
        return new Workspace(Files.createDirectory(parent.resolve(name)), lockFile, channel);
      }
      channel.close();
    }
  }

  Path directory() {
    return directory;
  }

  private static void deleteAbandoned(Path parent) throws IOException {
    List<Path> locks;
    try (Stream<Path> files = Files.list(parent)) {
      locks = files.filter(each -> each.toString().endsWith(LOCK)).toList();
    }
    for (Path lockFile : locks) {
      try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE)) {
        if (isFree(channel)) {
          String name = lockFile.getFileName().toString();
          Disk.deleteAll(parent.resolve(name.substring(0, name.length() - LOCK.length())));
          Files.deleteIfExists(lockFile);
        }
      } catch (NoSuchFileException gone) {
        // Its store, or another one, deleted it just now.
      }
    }
  }

  /** Locks a file; tells whether nobody else has. Closing the channel unlocks it. */
  static boolean isFree(FileChannel channel) throws IOException {
    try {
      FileLock held = channel.tryLock();
      return held != null;
    } catch (OverlappingFileLockException heldInThisProcess) {
      return false;
    }
  }

  @Override
  public void close() {
    Disk.deleteAll(directory);
    try {
      Files.deleteIfExists(lockFile);
      lock.close();
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot delete " + lockFile, problem);
    }
  }
}
