package org.rebasin.model.checkpoint;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a safetensors file in a stream: all tensors are declared first, then each one's values
 * follow in the order of the declarations, in one piece or several. Memory stays bounded by one
 * chunk, whatever the tensors' sizes.
 *
 * <p>The file appears under its name only with {@link #commit}, complete and on disk, replacing
 * what was there; closing without it leaves no trace. Equal declarations, metadata and values give
 * equal bytes. The values begin at a multiple of 64 bytes; tensors of different types keep their
 * own alignment, and so can be mapped, if wider types are declared before narrower ones. Serves one
 * thread.
 */
public final class SafetensorsWriter implements AutoCloseable {

  /**
   * A file that has been written.
   *
   * @param sha256 of the whole file, in lower-case hexadecimal
   * @param bytes the size of the whole file
   */
  public record WrittenFile(Path path, String sha256, long bytes) {}

  private final AtomicOutput output;
  private final List<TensorDeclaration> tensors;
  private final Map<String, TensorDeclaration> byName;

  /** The index of the tensor whose turn it is, and how many of its bytes have not come. */
  private int current;

  private long missing;
  private boolean committed;

  private SafetensorsWriter(
      AtomicOutput output, List<TensorDeclaration> tensors, Map<String, TensorDeclaration> byName) {
    this.byName = byName;
    this.output = output;
    this.tensors = tensors;
    this.missing = tensors.isEmpty() ? 0 : tensors.get(0).bytes();
    skipComplete();
  }

  /**
   * Begins a file that will hold {@code tensors} in this order.
   *
   * @param metadata kept in the file as strings, sorted by key
   * @throws CheckpointException if {@code path} cannot be written; nothing has been done then
   * @throws IllegalArgumentException if two tensors have one name, or the header exceeds what the
   *     format allows
   */
  public static SafetensorsWriter create(
      Path path, List<TensorDeclaration> tensors, Map<String, String> metadata) {
    Map<String, TensorDeclaration> byName = new HashMap<>();
    for (TensorDeclaration tensor : tensors) {
      if (byName.put(tensor.name(), tensor) != null) {
        throw new IllegalArgumentException(
            "expected every tensor once, found \"%s\" twice".formatted(tensor.name()));
      }
    }
    byte[] header = SafetensorsHeader.encode(tensors, metadata);
    AtomicOutput output = AtomicOutput.create(path);
    try {
      output.write(ByteBuffer.wrap(header));
    } catch (RuntimeException e) {
      output.close();
      throw e;
    }
    return new SafetensorsWriter(output, List.copyOf(tensors), byName);
  }

  /**
   * Writes the next values of a tensor, converted to its declared type, and moves the position of
   * {@code values} to its limit. {@code F16} and {@code BF16} are rounded to the nearest value,
   * ties to even; what exceeds their range becomes infinite. O(elements).
   *
   * @throws IllegalStateException if it is not this tensor's turn, or it has fewer values left
   * @throws IllegalArgumentException if it is declared neither {@code F32}, {@code F16} nor {@code
   *     BF16}
   */
  public void write(String name, FloatBuffer values) {
    TensorDeclaration tensor = declaration(name);
    if (!tensor.dataType().convertsToFloat()) {
      throw new IllegalArgumentException(
          "%s: expected F32, F16 or BF16, found %s".formatted(name, tensor.dataType()));
    }
    requireTurn(tensor, (long) values.remaining() * tensor.dataType().bytes());
    FloatCodec codec = new FloatCodec(tensor.dataType());
    while (values.hasRemaining()) {
      append(codec.encode(values));
    }
  }

  /**
   * Writes the next bytes of a tensor of any type, unchanged, and moves the position of {@code
   * bytes} to its limit.
   *
   * @throws IllegalStateException if it is not this tensor's turn, or it has fewer bytes left
   */
  public void writeBytes(String name, ByteBuffer bytes) {
    requireTurn(declaration(name), bytes.remaining());
    append(bytes);
  }

  /**
   * Writes all of a tensor, unchanged, from another file. O(bytes).
   *
   * @throws IllegalStateException if it is not this tensor's turn, or some of it has been written
   * @throws IllegalArgumentException if {@code source} holds it with another type or shape
   * @throws CheckpointException if {@code source} does not hold it
   */
  public void copy(String name, TensorFile source) {
    TensorDeclaration tensor = declaration(name);
    TensorDeclaration found = source.declaration(name);
    if (!found.equals(tensor)) {
      throw new IllegalArgumentException(
          "expected %s, found %s in %s".formatted(tensor, found, source.path()));
    }
    requireTurn(tensor, tensor.bytes());
    ByteBuffer chunk = ByteBuffer.allocate(FloatCodec.CHUNK_BYTES);
    for (long offset = 0; offset < tensor.bytes(); offset += chunk.limit()) {
      chunk.clear().limit((int) Math.min(chunk.capacity(), tensor.bytes() - offset));
      source.readBytes(name, offset, chunk);
      append(chunk.flip());
    }
  }

  /**
   * Brings the file to disk and gives it its name.
   *
   * @throws IllegalStateException if a tensor is missing or incomplete, or this has been done
   * @throws CheckpointException if the file system refuses; the name then keeps what it had, unless
   *     only the last flush of its directory failed
   */
  public WrittenFile commit() {
    if (committed) {
      throw new IllegalStateException(output.path() + ": has been committed");
    }
    if (current < tensors.size()) {
      throw new IllegalStateException(
          "%s: expected %d more bytes of %s before the commit"
              .formatted(output.path(), missing, tensors.get(current)));
    }
    String sha256 = output.commit();
    committed = true;
    return new WrittenFile(output.path(), sha256, output.position());
  }

  /** Deletes what has been written, unless it has been committed. */
  @Override
  public void close() {
    output.close();
  }

  private TensorDeclaration declaration(String name) {
    TensorDeclaration tensor = byName.get(name);
    if (tensor == null) {
      throw new IllegalStateException(
          "%s: expected a declared tensor, found \"%s\"".formatted(output.path(), name));
    }
    return tensor;
  }

  private void requireTurn(TensorDeclaration tensor, long bytes) {
    if (bytes == 0) {
      return;
    }
    if (current == tensors.size()) {
      throw new IllegalStateException(
          "%s: expected no more bytes, found %d of %s".formatted(output.path(), bytes, tensor));
    }
    TensorDeclaration due = tensors.get(current);
    if (!tensor.equals(due) || bytes > missing) {
      throw new IllegalStateException(
          "%s: expected at most %d more bytes of %s, found %d of %s"
              .formatted(output.path(), missing, due, bytes, tensor));
    }
  }

  private void append(ByteBuffer bytes) {
    int length = bytes.remaining();
    output.write(bytes);
    missing -= length;
    skipComplete();
  }

  /**
   * Moves on to the next tensor of which bytes are missing; a tensor without elements needs none.
   */
  private void skipComplete() {
    while (missing == 0 && current < tensors.size()) {
      current++;
      missing = current < tensors.size() ? tensors.get(current).bytes() : 0;
    }
  }
}
