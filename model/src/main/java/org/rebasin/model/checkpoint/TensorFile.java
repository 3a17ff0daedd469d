package org.rebasin.model.checkpoint;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A file of named tensors opened for reading, of one of the formats that are read. Values are read
 * when asked for. May be used by several threads at once.
 */
public sealed interface TensorFile extends AutoCloseable permits SafetensorsFile, NpzFile {
  /**
   * Opens a file: as a NumPy archive if its first bytes are those of one, whatever its name,
   * otherwise as safetensors.
   *
   * @throws CheckpointException if the file is absent, not readable, of another format, truncated,
   *     or breaks a rule of its format
   */
  static TensorFile open(Path path) {
    return NpzFile.isNpz(path) ? NpzFile.open(path) : SafetensorsFile.open(path);
  }

  Path path();

  /** All tensors, in the file's order; immutable. */
  List<TensorDeclaration> declarations();

  /** The file's own strings; immutable, and empty if it has none. */
  Map<String, String> metadata();

  boolean contains(String name);

  /**
   * @throws CheckpointException if there is no tensor of that name
   */
  TensorDeclaration declaration(String name);

  /** The SHA-256 of the whole file in lower-case hexadecimal; the first call reads it. */
  String sha256();

  /**
   * The values of a tensor, row-major, in a direct buffer that is to be read only, and only until
   * the file is closed.
   *
   * @throws CheckpointException if there is no such tensor, if its type is not {@code F32}, {@code
   *     F16} or {@code BF16}, or if it has more floats than one buffer of 2^31 - 1 bytes holds
   */
  FloatBuffer floats(String name);

  /**
   * Reads the values of a tensor, row-major, into what remains of {@code target}, and moves its
   * position to its limit. O(elements).
   *
   * @throws IllegalArgumentException if {@code target} has not exactly the tensor's elements
   *     remaining
   * @throws CheckpointException if there is no such tensor, or its type is not {@code F32}, {@code
   *     F16} or {@code BF16}
   */
  void readInto(String name, FloatBuffer target);

  /**
   * Reads bytes of a tensor of any type, row-major and little-endian, into what remains of {@code
   * target}.
   *
   * @param offset the first byte to read, counted from the tensor's first
   * @throws IllegalArgumentException if the tensor has fewer bytes from {@code offset} on than
   *     {@code target} has remaining
   * @throws CheckpointException if there is no such tensor
   */
  void readBytes(String name, long offset, ByteBuffer target);

  @Override
  void close();

  /** The beginning of the names of a file's tensors, for messages. */
  static String someNames(List<String> names) {
    int shown = 8;
    if (names.isEmpty()) {
      return "no tensors at all";
    }
    String some = names.stream().limit(shown).collect(Collectors.joining(", "));
    int more = names.size() - shown;
    return more > 0 ? some + " and " + more + " more" : some;
  }

  /** Refuses a range of bytes that a tensor does not have. */
  static void requireRange(TensorDeclaration tensor, long offset, int length) {
    if (offset < 0 || offset > tensor.bytes() - length) {
      throw new IllegalArgumentException(
          "%s: expected a range within its %d bytes, found %d bytes from %d on"
              .formatted(tensor.name(), tensor.bytes(), length, offset));
    }
  }

  /** Refuses a target that has not exactly a tensor's elements remaining. */
  static void requireRoom(TensorDeclaration tensor, FloatBuffer target) {
    if (target.remaining() != tensor.elements()) {
      throw new IllegalArgumentException(
          "%s: expected a target of %d floats, found %d"
              .formatted(tensor.name(), tensor.elements(), target.remaining()));
    }
  }
}
