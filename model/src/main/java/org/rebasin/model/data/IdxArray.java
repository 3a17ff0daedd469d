package org.rebasin.model.data;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * An array of unsigned bytes in the IDX format of the MNIST database (Y. LeCun, C. Cortes, C.
 * Burges): two zero bytes, the type (8 for unsigned bytes), the number of dimensions, each extent
 * as a big-endian 32-bit integer, then the bytes, row-major.
 *
 * @param extents each at least 1
 * @param values as many as the product of the extents
 */
record IdxArray(int[] extents, byte[] values) {
  private static final int UNSIGNED_BYTES = 8;
  private static final int MAX_VALUES = Integer.MAX_VALUE - 8;

  /**
   * Reads a whole file, gzip or not: its first two bytes tell, whatever its name. Memory for the
   * values is only taken once the file is known to be large enough to hold them.
   *
   * @param dimensions how many the array must have
   * @throws DatasetException if the file cannot be read or is not such an array
   */
  static IdxArray read(Path file, int dimensions) {
    try {
      CompressedFile source = CompressedFile.of(file);
      try (DataInputStream in = new DataInputStream(source.open())) {
        int[] extents = readHeader(in, file, dimensions);
        return readValues(in, source, extents);
      }
    } catch (IOException e) {
      throw new DatasetException("%s: cannot be read: %s".formatted(file, e), e);
    }
  }

  private static int headerBytes(int dimensions) {
    return Integer.BYTES * (1 + dimensions);
  }

  private static int[] readHeader(DataInputStream in, Path file, int dimensions)
      throws IOException {
    int expected = UNSIGNED_BYTES << 8 | dimensions;
    int[] header = new int[1 + dimensions];
    try {
      for (int i = 0; i < header.length; i++) {
        header[i] = in.readInt();
      }
    } catch (EOFException e) {
      throw new DatasetException(
          "%s: expected an IDX header of %d bytes, found the end of the file"
              .formatted(file, headerBytes(dimensions)),
          e);
    }
    int magic = header[0];
    if (magic != expected) {
      throw new DatasetException(
          "%s: expected the IDX magic number 0x%08x (unsigned bytes, %d dimensions), found 0x%08x"
              .formatted(file, expected, dimensions, magic));
    }
    return Arrays.copyOfRange(header, 1, header.length);
  }

  private static IdxArray readValues(InputStream in, CompressedFile source, int[] extents)
      throws IOException {
    Path file = source.path();
    int count = checkedProduct(file, extents);
    int header = headerBytes(extents.length);
    long expected = (long) header + count;
    long size = source.size();
    if (source.compressed() && expected > size * CompressedFile.MAX_RATIO) {
      throw new DatasetException(
          "%s: its header promises %d bytes, more than a gzip file of %d bytes can hold"
              .formatted(file, expected, size));
    }
    if (!source.compressed() && expected != size) {
      throw wrongLength(file, extents, expected, Long.toString(size));
    }
    byte[] values = new byte[count];
    int read = readFully(in, values);
    if (read < count) {
      throw wrongLength(file, extents, expected, Long.toString((long) header + read));
    }
    if (in.read() >= 0) {
      throw wrongLength(file, extents, expected, "more");
    }
    return new IdxArray(extents, values);
  }

  private static int checkedProduct(Path file, int[] extents) {
    long product = 1;
    for (int extent : extents) {
      if (extent < 1 || product > MAX_VALUES / extent) {
        throw new DatasetException(
            "%s: expected positive IDX extents of at most %d bytes in all, found %s"
                .formatted(file, MAX_VALUES, text(extents)));
      }
      product *= extent;
    }
    return (int) product;
  }

  /** Reads until the array is full or the file ends, a gzip stream that breaks off included. */
  private static int readFully(InputStream in, byte[] values) throws IOException {
    int read = 0;
    try {
      while (read < values.length) {
        int more = in.read(values, read, values.length - read);
        if (more < 0) {
          break;
        }
        read += more;
      }
    } catch (EOFException e) {
      return read; // The caller reports how far the stream went.
    }
    return read;
  }

  private static DatasetException wrongLength(
      Path file, int[] extents, long expected, String found) {
    return new DatasetException(
        "%s: expected %d bytes (IDX header and %s values), found %s"
            .formatted(file, expected, text(extents), found));
  }

  private static String text(int[] extents) {
    return Arrays.stream(extents)
        .mapToObj(e -> Long.toString(Integer.toUnsignedLong(e)))
        .collect(Collectors.joining(" × "));
  }
}
