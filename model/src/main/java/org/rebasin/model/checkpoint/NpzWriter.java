package org.rebasin.model.checkpoint;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes models as NumPy {@code .npz} archives, which {@code numpy.load} reads: one array for each
 * tensor, in the file's order, row-major, little-endian and not compressed, then the file's own
 * strings (see {@link NpzFile}). {@code BF16}, which NumPy lacks, becomes {@code float32}, exactly.
 * Equal tensors and strings give equal bytes.
 */
public final class NpzWriter {
  /** The first moment that a zip archive can tell. */
  private static final LocalDateTime FIXED_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  private NpzWriter() {}

  /**
   * Writes all of a model. The file appears under its name only when it is complete and on disk,
   * replacing what was there. Holds one tensor at a time.
   *
   * @throws CheckpointException if {@code target} cannot be written, nothing has been done then, or
   *     a tensor is of a type that NumPy lacks
   */
  public static SafetensorsWriter.WrittenFile write(ModelFile model, Path target) {
    return write(model.file(), target);
  }

  /** The same for tensors of any names. */
  public static SafetensorsWriter.WrittenFile write(TensorFile source, Path target) {
    List<TensorDeclaration> tensors = source.declarations();
    tensors.forEach(tensor -> type(source.path(), tensor));
    try (AtomicOutput output = AtomicOutput.create(target)) {
      try (ZipOutputStream zip = new ZipOutputStream(new Appending(output))) {
        zip.setMethod(ZipOutputStream.STORED);
        for (TensorDeclaration tensor : tensors) {
          append(zip, tensor.name(), header(source, tensor), values(source, tensor));
        }
        if (!source.metadata().isEmpty()) {
          append(
              zip,
              TensorDeclaration.METADATA_KEY,
              NpzMetadata.encode(source.metadata()),
              ByteBuffer.allocate(0));
        }
      } catch (IOException e) {
        throw CheckpointException.failed(target, "cannot be written", e);
      }
      String sha256 = output.commit();
      return new SafetensorsWriter.WrittenFile(target, sha256, output.position());
    }
  }

  private static NpyType type(Path path, TensorDeclaration tensor) {
    DataType stored = tensor.dataType() == DataType.BF16 ? DataType.F32 : tensor.dataType();
    return NpyType.of(stored)
        .orElseThrow(
            () ->
                new CheckpointException(
                    path, tensor + ": expected a type that NumPy has, to write it as .npz"));
  }

  private static byte[] header(TensorFile source, TensorDeclaration tensor) {
    NpyType type = type(source.path(), tensor);
    String descr = (type.bytes() == 1 ? "|" : "<") + type.code();
    return NpyDictionary.encode(descr, tensor.shape());
  }

  private static ByteBuffer values(TensorFile source, TensorDeclaration tensor) {
    if (tensor.elements() > Integer.MAX_VALUE / Long.BYTES) {
      throw new CheckpointException(
          source.path(),
          tensor + ": expected at most 2^28 elements in a tensor to write it as .npz");
    }
    if (tensor.dataType() == DataType.BF16) {
      ByteBuffer bytes = allocate(tensor.elements() * Float.BYTES);
      FloatBuffer floats = bytes.asFloatBuffer();
      source.readInto(tensor.name(), floats);
      return bytes;
    }
    ByteBuffer bytes = allocate(tensor.bytes());
    source.readBytes(tensor.name(), 0, bytes);
    return bytes.flip();
  }

  private static ByteBuffer allocate(long bytes) {
    return ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void append(ZipOutputStream zip, String name, byte[] header, ByteBuffer values)
      throws IOException {
    CRC32 crc = new CRC32();
    crc.update(header);
    crc.update(values.duplicate());
    ZipEntry entry = new ZipEntry(name + NpzFile.SUFFIX);
    entry.setTimeLocal(FIXED_TIME);
    entry.setSize((long) header.length + values.remaining());
    entry.setCompressedSize(entry.getSize());
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(header);
    zip.write(values.array(), values.position(), values.remaining());
    zip.closeEntry();
  }

  /** Hands bytes on to the unfinished file, which only its own commit closes. */
  private static final class Appending extends OutputStream {
    private final AtomicOutput output;

    private Appending(AtomicOutput output) {
      this.output = output;
    }

    @Override
    public void write(int single) {
      output.write(ByteBuffer.wrap(new byte[] {(byte) single}));
    }

    @Override
    public void write(byte[] bytes, int start, int length) {
      output.write(ByteBuffer.wrap(bytes, start, length));
    }
  }
}
