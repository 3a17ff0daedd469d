package org.rebasin.actors.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.stream.Stream;

/** What the stores do with files, so that it lasts: after a crash, a file is whole or not there. */
final class Disk {
  private static final int BUFFER_BYTES = 1 << 18;

  private Disk() {}

  /** A SHA-256 to fill. */
  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform must offer SHA-256", impossible);
    }
  }

  /** Ends a digest, in lower-case hexadecimal. */
  static String text(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Takes the first bytes of a file into a digest: reads them. */
  static void digest(Path file, long length, MessageDigest digest) throws IOException {
    try (InputStream bytes = Files.newInputStream(file)) {
      byte[] buffer = new byte[BUFFER_BYTES];
      long left = length;
      while (left > 0) {
        int count = bytes.read(buffer, 0, (int) Math.min(buffer.length, left));
        if (count < 0) {
          throw new IOException("%s: expected %d more bytes, found its end".formatted(file, left));
        }
        digest.update(buffer, 0, count);
        left -= count;
      }
    }
  }

  /** The SHA-256 of a whole file: reads it. */
  static String sha256(Path file) throws IOException {
    MessageDigest digest = sha256();
    digest(file, Files.size(file), digest);
    return text(digest);
  }

  /** Writes a new file and brings it to disk. */
  static void write(Path file, byte[] content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
  }

  /** Gives a file that is on disk another name, in place of any file of that name. */
  static void rename(Path file, Path name) throws IOException {
    Files.move(file, name, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    keepEntries(name.getParent());
  }

  /** Makes a directory, if there is none, and those above it. */
  static void makeDirectory(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory);
      keepEntries(directory.getParent());
    }
  }

  /** Brings a directory's entries to disk. */
  private static void keepEntries(Path directory) throws IOException {
    // Elsewhere a directory cannot be opened, and the file system keeps its entries by itself.
    if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      try (FileChannel entries = FileChannel.open(directory, StandardOpenOption.READ)) {
        entries.force(true);
      }
    }
  }

  /** Deletes a directory with all that is in it. */
  static void deleteAll(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (NoSuchFileException gone) {
      // Somebody else was as tidy.
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot delete " + directory, problem);
    }
  }

  /** Refuses to begin a file that cannot be ended. */
  static void requireSpace(Path directory, long bytes) throws IOException {
    long free = Files.getFileStore(directory).getUsableSpace();
    if (free < bytes) {
      throw new IOException(
          "expected %d bytes of free space in %s, found %d".formatted(bytes, directory, free));
    }
  }
}
