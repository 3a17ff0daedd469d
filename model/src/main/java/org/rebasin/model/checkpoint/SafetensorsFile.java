package org.rebasin.model.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A safetensors file opened for reading. Opening reads and checks the header alone; the values are
 * read when asked for. May be used by several threads at once.
 *
 * <p>The file must not be shortened while it is open, nor while a buffer from {@link #floats} is in
 * use: the values may be mapped, and touching a page that is gone raises an error in the virtual
 * machine. Replacing the file by renaming another one over it, as {@link SafetensorsWriter} does,
 * is harmless. Interrupting a thread that reads closes the file, as with every interruptible
 * channel.
 */
public final class SafetensorsFile implements TensorFile {
  private static final String EXPECTED = "a safetensors or .npz file";

  private final FileInput input;
  private final List<TensorEntry> entries;
  private final Map<String, TensorEntry> byName = new LinkedHashMap<>();
  private final Map<String, String> metadata;
  private final List<ByteBuffer> mapped = new ArrayList<>();
  private String sha256 = "";

  private SafetensorsFile(FileInput input, SafetensorsHeader header) {
    this.input = input;
    this.entries = header.entries();
    this.metadata = header.metadata();
    entries.forEach(entry -> byName.put(entry.name(), entry));
  }

  /**
   * Opens a file and checks its header against the format and the file's size. Costs O(header).
   *
   * @throws CheckpointException if the file is absent, not readable, of another format, truncated,
   *     or its header breaks a rule of the format
   */
  public static SafetensorsFile open(Path path) {
    FileInput input = FileInput.open(path, EXPECTED);
    try {
      return new SafetensorsFile(input, SafetensorsHeader.read(input));
    } catch (RuntimeException e) {
      input.close();
      throw e;
    }
  }

  @Override
  public Path path() {
    return input.path();
  }

  /** The size of the whole file in bytes. */
  public long size() {
    return input.size();
  }

  /** All tensors, in the order in which their bytes lie in the file; immutable. */
  public List<TensorEntry> entries() {
    return entries;
  }

  @Override
  public List<TensorDeclaration> declarations() {
    return entries.stream().map(TensorEntry::declaration).toList();
  }

  @Override
  public TensorDeclaration declaration(String name) {
    return entry(name).declaration();
  }

  /** The file's own strings, in the order of the header; immutable, and empty if it has none. */
  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public boolean contains(String name) {
    return byName.containsKey(name);
  }

  /**
   * @throws CheckpointException if there is no tensor of that name
   */
  public TensorEntry entry(String name) {
    TensorEntry entry = byName.get(name);
    if (entry == null) {
      throw new CheckpointException(
          path(),
          "expected a tensor named \"%s\", found %s"
              .formatted(name, TensorFile.someNames(List.copyOf(byName.keySet()))));
    }
    return entry;
  }

  /**
   * The SHA-256 of the whole file in lower-case hexadecimal. The first call streams the file,
   * O(size); later ones answer at once.
   */
  @Override
  public synchronized String sha256() {
    if (sha256.isEmpty()) {
      sha256 = Sha256.of(input);
    }
    return sha256;
  }

  /**
   * The values of a tensor, row-major, in a direct little-endian buffer that is to be read only.
   *
   * <p>{@code F32} values at a multiple of four bytes in the file are mapped, neither copied nor
   * read before they are touched; such a buffer must not be used after {@link #close}, refuses
   * writes, and must not be given to native code that writes. Everything else is converted or
   * copied into a buffer of its own, O(elements).
   *
   * @throws CheckpointException if there is no such tensor, if its type is not {@code F32}, {@code
   *     F16} or {@code BF16}, or if it has more floats than one buffer of 2^31 - 1 bytes holds
   */
  @Override
  public FloatBuffer floats(String name) {
    TensorEntry entry = floatEntry(name);
    int maxElements = Integer.MAX_VALUE / Float.BYTES;
    if (entry.elements() > maxElements) {
      throw new CheckpointException(
          path(),
          "%s: expected at most %d elements, as one buffer or mapping holds 2^31 - 1 bytes, found %d; read it into a target instead"
              .formatted(name, maxElements, entry.elements()));
    }
    if (entry.dataType() == DataType.F32 && entry.position() % Float.BYTES == 0) {
      ByteBuffer bytes = input.map(entry.position(), entry.bytes());
      synchronized (mapped) {
        mapped.add(bytes);
      }
      return bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    }
    FloatBuffer copy =
        ByteBuffer.allocateDirect((int) entry.elements() * Float.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer();
    new FloatCodec(entry.dataType()).read(input, entry.position(), copy);
    return copy.flip();
  }

  /**
   * Reads the values of a tensor, row-major, into what remains of {@code target}, and moves its
   * position to its limit. Reads by plain system calls through a small chunk, O(elements).
   *
   * @throws IllegalArgumentException if {@code target} has not exactly the tensor's elements
   *     remaining
   * @throws CheckpointException if there is no such tensor, or its type is not {@code F32}, {@code
   *     F16} or {@code BF16}
   */
  @Override
  public void readInto(String name, FloatBuffer target) {
    TensorEntry entry = floatEntry(name);
    TensorFile.requireRoom(entry.declaration(), target);
    new FloatCodec(entry.dataType()).read(input, entry.position(), target);
  }

  /**
   * Reads bytes of a tensor of any type, unchanged, into what remains of {@code target}.
   *
   * @param offset the first byte to read, counted from the tensor's first
   * @throws IllegalArgumentException if the tensor has fewer bytes from {@code offset} on than
   *     {@code target} has remaining
   * @throws CheckpointException if there is no such tensor
   */
  @Override
  public void readBytes(String name, long offset, ByteBuffer target) {
    TensorEntry entry = entry(name);
    TensorFile.requireRange(entry.declaration(), offset, target.remaining());
    input.read(entry.position() + offset, target);
  }

  private TensorEntry floatEntry(String name) {
    TensorEntry entry = entry(name);
    if (!entry.dataType().convertsToFloat()) {
      throw new CheckpointException(
          path(), "%s: expected F32, F16 or BF16, found %s".formatted(name, entry.dataType()));
    }
    return entry;
  }

  /**
   * Closes the file and unmaps what was mapped of it: mapped memory counts as the process's own
   * until then. No buffer that was mapped may be used afterwards.
   */
  @Override
  public void close() {
    synchronized (mapped) {
      mapped.forEach(Unmapping::unmap);
      mapped.clear();
    }
    input.close();
  }
}
