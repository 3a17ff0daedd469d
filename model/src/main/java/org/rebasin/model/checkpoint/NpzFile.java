package org.rebasin.model.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * A NumPy {@code .npz} archive opened for reading: a zip archive of {@code .npy} arrays, stored or
 * deflated, as {@code numpy.savez} and {@code numpy.savez_compressed} write it. An array is named
 * by its entry without {@code .npy}, with dots and slashes as they are; nothing is ever unpacked to
 * disk.
 *
 * <p>{@code float32} and {@code float16} arrays are {@code F32} and {@code F16} tensors. {@code
 * float64} arrays are {@code F32} tensors too: their values are rounded to the nearest float.
 * Integers keep their types, which do not convert to float. Either byte order and either memory
 * order is read. An array {@code __metadata__} of one string that {@link NpzWriter} has written
 * holds the file's own strings.
 *
 * <p>Opening reads the archive's directory and each array's header. Values are copied when they are
 * asked for, O(elements), and checked against the entry's checksum.
 */
public final class NpzFile implements TensorFile {
  /** What an entry's name has behind the array's. */
  static final String SUFFIX = ".npy";

  private static final String EXPECTED = "a NumPy .npz archive";

  /** What deflate can at most make of one byte. */
  private static final long MAX_RATIO = 1032;

  /**
   * An archive whose arrays are so many times larger in all is refused, if they are also more than
   * a gigabyte: weights hardly compress, and such an archive exists to exhaust memory.
   */
  private static final long MAX_TOTAL_RATIO = 128;

  private static final long ALWAYS_ACCEPTED_BYTES = 1L << 30;

  private final FileInput input;
  private final ZipFile zip;
  private final Map<String, NpzEntry.Array> arrays = new LinkedHashMap<>();
  private Map<String, String> metadata = Map.of();
  private String sha256 = "";

  private NpzFile(FileInput input, ZipFile zip) {
    this.input = input;
    this.zip = zip;
  }

  /** Whether a file begins as a NumPy archive does; if it cannot be read, it does not. */
  static boolean isNpz(Path path) {
    try (FileInput input = FileInput.open(path, "a model")) {
      byte[] prefix = new byte[(int) Math.min(input.size(), ForeignFormat.PREFIX_BYTES)];
      input.read(0, ByteBuffer.wrap(prefix));
      return ForeignFormat.of(prefix).filter(ForeignFormat.NUMPY_ZIP::equals).isPresent();
    } catch (CheckpointException unreadable) {
      // Whoever opens it as a certain format says so with the reason.
      return false;
    }
  }

  /**
   * Opens an archive. Costs O(headers).
   *
   * @throws CheckpointException if the file is absent, not readable or no such archive, or an entry
   *     is no array of a type that is read, has not the size that its header says, or promises more
   *     than its compressed bytes can hold
   */
  public static NpzFile open(Path path) {
    FileInput input = FileInput.open(path, EXPECTED);
    try {
      // The archive is opened by its name as well; both are the same file unless it is replaced in
      // between, which each entry's checksum tells.
      NpzFile file = new NpzFile(input, new ZipFile(path.toFile()));
      try {
        file.readHeaders();
        return file;
      } catch (RuntimeException e) {
        file.close();
        throw e;
      }
    } catch (ZipException e) {
      input.close();
      throw new CheckpointException(
          path, "expected %s, found a damaged one: %s".formatted(EXPECTED, e.getMessage()), e);
    } catch (IOException e) {
      input.close();
      throw CheckpointException.failed(path, "cannot be opened", e);
    }
  }

  private void readHeaders() {
    long compressed = 0;
    long total = 0;
    for (ZipEntry entry : zip.stream().toList()) {
      NpzEntry source = new NpzEntry(path(), zip, entry);
      String file = entry.getName();
      if (!file.endsWith(SUFFIX)) {
        throw source.refused("expected entries that end with %s alone".formatted(SUFFIX));
      }
      compressed += entry.getCompressedSize();
      total += entry.getSize();
      requirePossible(source, entry, compressed);
      String name = file.substring(0, file.length() - SUFFIX.length());
      if (name.equals(TensorDeclaration.METADATA_KEY)) {
        metadata = NpzMetadata.read(source);
      } else if (arrays.put(name, source.array(name)) != null) {
        throw source.refused("expected every entry once, found it twice");
      }
    }
    if (total > Math.max(ALWAYS_ACCEPTED_BYTES, MAX_TOTAL_RATIO * input.size())) {
      throw new CheckpointException(
          path(),
          "expected arrays of at most %d times the archive's %d bytes, found %d bytes in all"
              .formatted(MAX_TOTAL_RATIO, input.size(), total));
    }
  }

  private void requirePossible(NpzEntry source, ZipEntry entry, long compressedSoFar) {
    if (entry.getSize() < 0 || entry.getSize() > MAX_RATIO * entry.getCompressedSize()) {
      throw source.refused(
          "promises %d bytes, more than %d compressed bytes can hold"
              .formatted(entry.getSize(), entry.getCompressedSize()));
    }
    // Entries that share bytes would let a small archive promise anything.
    if (compressedSoFar > input.size()) {
      throw source.refused(
          "expected entries of at most the archive's %d bytes in all, found more"
              .formatted(input.size()));
    }
  }

  @Override
  public Path path() {
    return input.path();
  }

  @Override
  public List<TensorDeclaration> declarations() {
    return arrays.values().stream().map(NpzEntry.Array::declaration).toList();
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public boolean contains(String name) {
    return arrays.containsKey(name);
  }

  @Override
  public TensorDeclaration declaration(String name) {
    return array(name).declaration();
  }

  private NpzEntry.Array array(String name) {
    NpzEntry.Array array = arrays.get(name);
    if (array == null) {
      throw new CheckpointException(
          path(),
          "expected a tensor named \"%s\", found %s"
              .formatted(name, TensorFile.someNames(List.copyOf(arrays.keySet()))));
    }
    return array;
  }

  private NpzEntry.Array floatArray(String name) {
    NpzEntry.Array array = array(name);
    if (!array.declaration().dataType().convertsToFloat()) {
      throw new CheckpointException(
          path(),
          "%s: expected an array of float16, float32 or float64, found %s"
              .formatted(name, array.declaration().dataType()));
    }
    return array;
  }

  @Override
  public synchronized String sha256() {
    if (sha256.isEmpty()) {
      sha256 = Sha256.of(input);
    }
    return sha256;
  }

  @Override
  public FloatBuffer floats(String name) {
    NpzEntry.Array array = floatArray(name);
    int maxElements = Integer.MAX_VALUE / Float.BYTES;
    if (array.declaration().elements() > maxElements) {
      throw new CheckpointException(
          path(),
          "%s: expected at most %d elements, as one buffer holds 2^31 - 1 bytes, found %d; read it into a target instead"
              .formatted(name, maxElements, array.declaration().elements()));
    }
    FloatBuffer copy =
        ByteBuffer.allocateDirect((int) array.declaration().elements() * Float.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer();
    array.readInto(copy);
    return copy.flip();
  }

  @Override
  public void readInto(String name, FloatBuffer target) {
    NpzEntry.Array array = floatArray(name);
    TensorFile.requireRoom(array.declaration(), target);
    array.readInto(target);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Reads the whole array each time.
   */
  @Override
  public void readBytes(String name, long offset, ByteBuffer target) {
    NpzEntry.Array array = array(name);
    TensorFile.requireRange(array.declaration(), offset, target.remaining());
    target.put(array.bytes().slice((int) offset, target.remaining()));
  }

  @Override
  public void close() {
    try {
      zip.close();
    } catch (IOException e) {
      throw CheckpointException.failed(path(), "cannot be closed", e);
    } finally {
      input.close();
    }
  }
}
