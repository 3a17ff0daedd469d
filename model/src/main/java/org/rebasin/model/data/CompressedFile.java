package org.rebasin.model.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * A file that may be gzip: its first two bytes tell, whatever its name.
 *
 * @param size of the file as it is stored
 */
record CompressedFile(Path path, boolean compressed, long size) {
  /** What deflate can at most make of one byte, and so what a gzip file of known size can hold. */
  static final int MAX_RATIO = 1032;

  private static final int BUFFER_BYTES = 1 << 16;

  /** The least a gzip file has: a header of ten bytes, a checksum and the length. */
  private static final int MIN_GZIP_BYTES = 18;

  static CompressedFile of(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      boolean compressed = Arrays.equals(in.readNBytes(2), new byte[] {0x1F, (byte) 0x8B});
      return new CompressedFile(path, compressed, Files.size(path));
    }
  }

  /** The contents, decompressed. */
  InputStream open() throws IOException {
    InputStream raw = Files.newInputStream(path);
    try {
      return compressed
          ? new GZIPInputStream(raw, BUFFER_BYTES)
          : new BufferedInputStream(raw, BUFFER_BYTES);
    } catch (IOException e) {
      raw.close();
      throw e;
    }
  }

  /**
   * How many bytes the contents seem to have: exactly so if they are not compressed, otherwise what
   * the end of the file claims, but no more than its size allows. For reserving memory.
   */
  long likelyLength() throws IOException {
    if (!compressed || size < MIN_GZIP_BYTES) {
      return compressed ? 0 : size;
    }
    ByteBuffer length = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try (SeekableByteChannel channel = Files.newByteChannel(path)) {
      channel.position(size - Integer.BYTES);
      while (length.hasRemaining() && channel.read(length) >= 0) {
        // Reads on until the four bytes are there.
      }
    }
    return Math.min(Integer.toUnsignedLong(length.getInt(0)), size * MAX_RATIO);
  }
}
