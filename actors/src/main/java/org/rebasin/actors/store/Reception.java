package org.rebasin.actors.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A model that arrives in pieces, whose content is known by its SHA-256. Closed before its end, it
 * leaves the beginning, from which the next reception of the same model goes on. One thread.
 */
public final class Reception implements AutoCloseable {
  /**
   * Bytes of one chunk; a reception goes on at a multiple of it. Arrays twice as long would be
   * humongous to the garbage collector of a small heap, which moves them less well.
   */
  public static final int CHUNK_BYTES = 1 << 18;

  /** What this process receives. Files' locks tell processes apart, and not what is inside one. */
  private static final Set<Path> UNDER_WAY = ConcurrentHashMap.newKeySet();

  /** Bytes after which the disk is set to work, so that little is left to write at the end. */
  private static final long FLUSH_BYTES = 16L << 20;

  /** Pieces that are kept in memory until they are in the digest. */
  private static final int MOST_BEHIND = 16;

  /** For what goes on beside the writing: nothing that runs here waits for anything here. */
  private static final ExecutorService BESIDE =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "store-reception");
            thread.setDaemon(true);
            return thread;
          });

  private final Shelf shelf;
  private final ModelId id;
  private final long size;
  private final Labels labels;
  private final Path path;
  private final FileChannel channel;
  private MessageDigest digest = Disk.sha256();

  /** Done when all that was appended is in the digest. */
  private CompletableFuture<Void> digested = CompletableFuture.completedFuture(null);

  private final Deque<CompletableFuture<Void>> behind = new ArrayDeque<>();
  private CompletableFuture<Void> flushed = CompletableFuture.completedFuture(null);
  private long position;

  private Reception(
      Shelf shelf, ModelId id, long size, Labels labels, Path path, FileChannel channel) {
    this.shelf = shelf;
    this.id = id;
    this.size = size;
    this.labels = labels;
    this.path = path;
    this.channel = channel;
  }

  /** Begins, or goes on where the last one ended: then reads what is there. */
  static Reception open(Shelf shelf, ModelId id, long size, Labels labels) {
    if (size < 0 || size > shelf.maxModelSize()) {
      throw new ModelTooLargeException(size, shelf.maxModelSize());
    }
    try {
      Path path = shelf.partial(id);
      if (!UNDER_WAY.add(path)) {
        throw receivedAlready(id);
      }
      try {
        return open(shelf, id, size, labels, path);
      } catch (IOException | RuntimeException problem) {
        UNDER_WAY.remove(path);
        throw problem;
      }
    } catch (IOException problem) {
      throw new UncheckedIOException(
          "cannot receive model %s: %s".formatted(id, problem.getMessage()), problem);
    }
  }

  private static Reception open(Shelf shelf, ModelId id, long size, Labels labels, Path path)
      throws IOException {
    FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      // A file that is no longer there has become the model itself, or was given up.
      if (!Workspace.isFree(channel) || !Files.exists(path)) {
        throw receivedAlready(id);
      }
      Reception reception = new Reception(shelf, id, size, labels, path, channel);
      reception.resume();
      Disk.requireSpace(path.getParent(), size - reception.position);
      return reception;
    } catch (IOException | RuntimeException problem) {
      channel.close();
      throw problem;
    }
  }

  private static IllegalStateException receivedAlready(ModelId id) {
    return new IllegalStateException("model " + id + " is being received already");
  }

  private void resume() throws IOException {
    long arrived = channel.size();
    // A file that is longer than the model is not its beginning.
    position = arrived > size ? 0 : arrived / CHUNK_BYTES * CHUNK_BYTES;
    if (position < arrived) {
      channel.truncate(position);
    }
    Disk.digest(path, position, digest);
  }

  /** How many bytes are there. */
  public long position() {
    return position;
  }

  /** Of how many. */
  public long size() {
    return size;
  }

  /**
   * Appends what remains of {@code bytes}, whose content must not change afterwards.
   *
   * @throws UncheckedIOException if they cannot be written; nothing of the model is left then, so
   *     that a full disk is not kept full
   */
  public void append(ByteBuffer bytes) {
    if (bytes.remaining() > size - position) {
      throw new IllegalArgumentException(
          "model %s: expected at most %d more bytes, found %d"
              .formatted(id, size - position, bytes.remaining()));
    }
    int length = bytes.remaining();
    digestBeside(bytes.duplicate());
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes, position + length - bytes.remaining());
      }
      position += length;
      if (position % FLUSH_BYTES < length && flushed.isDone()) {
        flushed = flushed.thenRunAsync(this::flush, BESIDE);
      }
    } catch (IOException problem) {
      discard();
      throw new UncheckedIOException(
          "cannot write model %s to %s: %s".formatted(id, path, problem.getMessage()), problem);
    }
  }

  /** Takes about as long as the writing does, and may fall a little behind. */
  private void digestBeside(ByteBuffer bytes) {
    MessageDigest to = digest;
    digested = digested.thenRunAsync(() -> to.update(bytes), BESIDE);
    behind.add(digested);
    if (behind.size() > MOST_BEHIND) {
      behind.remove().join();
    }
  }

  private void flush() {
    try {
      channel.force(false);
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  /**
   * Gives the model its name, if the content is what the name says. Otherwise nothing is left.
   *
   * @return whether it is
   */
  public boolean commit() {
    if (position != size) {
      throw new IllegalStateException(
          "model %s: expected %d bytes, found %d".formatted(id, size, position));
    }
    digested.join();
    if (!Disk.text(digest).equals(id.sha256())) {
      discard();
      return false;
    }
    try {
      flushed.join();
      channel.force(true);
      shelf.put(path, id, labels);
      return true;
    } catch (IOException | CompletionException problem) {
      discard();
      throw new UncheckedIOException(
          "cannot store model %s: %s".formatted(id, problem.getMessage()), asIo(problem));
    }
  }

  private static IOException asIo(Exception problem) {
    return problem instanceof IOException io ? io : new IOException(problem);
  }

  /** Forgets all that has arrived. */
  public void discard() {
    digest = Disk.sha256();
    position = 0;
    try {
      if (channel.size() > 0) {
        channel.truncate(0);
      }
      Files.deleteIfExists(path);
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot delete " + path, problem);
    }
  }

  @Override
  public void close() {
    try {
      // Well or not: what matters was told at the commit.
      flushed.handle((done, problem) -> true).join();
      channel.close();
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot close " + path, problem);
    } finally {
      UNDER_WAY.remove(path);
    }
  }
}
