package org.rebasin.model.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** One {@code .npy} array in a NumPy archive. */
record NpzEntry(Path path, ZipFile zip, ZipEntry entry) implements NpySource {
  private static final Pattern SHAPE = Pattern.compile("\\(\\s*(\\d+L?\\s*,\\s*)*(\\d+L?\\s*)?\\)");

  /**
   * An array whose header has been read.
   *
   * @param declaration in which {@code f8} is {@code F32}
   */
  record Array(
      NpzEntry source,
      NpyDictionary dictionary,
      NpyDictionary.Element element,
      TensorDeclaration declaration) {

    /** Takes the values in the order of the file, as many as a chunk holds. */
    private interface ChunkReader {
      void read(ByteBuffer chunk);
    }

    /** Reads all values, row-major, as floats; wider values are rounded to the nearest. */
    void readInto(FloatBuffer target) {
      NpyType type = element.type();
      boolean scattered = dictionary.columnMajor() && declaration.shape().length > 1;
      int start = target.position();
      Places places = new Places(declaration.shape());
      read(
          chunk -> {
            if (scattered) {
              while (chunk.hasRemaining()) {
                target.put(start + places.next(), (float) type.read(chunk));
              }
            } else if (type == NpyType.F4) {
              target.put(chunk.asFloatBuffer());
            } else {
              float[] values = new float[chunk.remaining() / type.bytes()];
              for (int i = 0; i < values.length; i++) {
                values[i] = (float) type.read(chunk);
              }
              target.put(values);
            }
          });
      target.position(target.limit());
    }

    /** All values, row-major and little-endian, in the declared type. */
    ByteBuffer bytes() {
      ByteBuffer all =
          ByteBuffer.allocate(Math.toIntExact(declaration.bytes())).order(ByteOrder.LITTLE_ENDIAN);
      if (element.type().dataType() != declaration.dataType()) {
        readInto(all.asFloatBuffer());
        return all;
      }
      int width = element.type().bytes();
      boolean scattered = dictionary.columnMajor() && declaration.shape().length > 1;
      boolean reversed = element.byteOrder() == ByteOrder.BIG_ENDIAN;
      Places places = new Places(declaration.shape());
      int[] read = {0};
      read(
          chunk -> {
            while (chunk.hasRemaining()) {
              int place = width * (scattered ? places.next() : read[0]++);
              for (int i = 0; i < width; i++) {
                all.put(place + (reversed ? width - 1 - i : i), chunk.get());
              }
            }
          });
      return all;
    }

    private void read(ChunkReader reader) {
      CRC32 crc = new CRC32();
      try (InputStream in = new CheckedInputStream(source.open(), crc)) {
        in.skipNBytes(dictionary.dataPosition());
        byte[] bytes = new byte[FloatCodec.CHUNK_BYTES];
        long left = source.size() - dictionary.dataPosition();
        while (left > 0) {
          int count = in.readNBytes(bytes, 0, (int) Math.min(bytes.length, left));
          if (count == 0) {
            throw source.refused("truncated: %d bytes are missing".formatted(left));
          }
          // Whole elements: a chunk is a multiple of every width, and so is the rest.
          if (count % element.type().bytes() != 0) {
            throw source.refused("truncated: %d bytes are missing".formatted(left - count));
          }
          reader.read(ByteBuffer.wrap(bytes, 0, count).order(element.byteOrder()));
          left -= count;
        }
        if (in.read() >= 0) {
          throw source.refused(
              "expected %d bytes, as the archive says, found more".formatted(source.size()));
        }
      } catch (IOException e) {
        throw source.damaged(e);
      } catch (ArithmeticException e) {
        throw new CheckpointException(source.path, declaration.name() + ": " + e.getMessage(), e);
      }
      if (crc.getValue() != source.entry.getCrc()) {
        throw source.refused(
            "expected the checksum %08x, found %08x: the archive is damaged"
                .formatted(source.entry.getCrc(), crc.getValue()));
      }
    }
  }

  /** Walks through an array whose first index runs fastest; tells places in row-major order. */
  private static final class Places {
    private final long[] shape;
    private final int[] strides;
    private final int[] index;
    private int place;

    private Places(long[] shape) {
      this.shape = shape;
      this.strides = new int[shape.length];
      this.index = new int[shape.length];
      int stride = 1;
      for (int axis = shape.length - 1; axis >= 0; axis--) {
        strides[axis] = stride;
        stride *= (int) shape[axis];
      }
    }

    private int next() {
      int answer = place;
      for (int axis = 0; axis < shape.length; axis++) {
        place += strides[axis];
        if (++index[axis] < shape[axis]) {
          break;
        }
        place -= index[axis] * strides[axis];
        index[axis] = 0;
      }
      return answer;
    }
  }

  /** Reads the header and checks it against the entry's size. */
  Array array(String name) {
    NpyDictionary dictionary = NpyDictionary.read(this);
    NpyDictionary.Element element = dictionary.element(this);
    DataType stored = element.type().dataType();
    TensorDeclaration declaration;
    try {
      declaration =
          new TensorDeclaration(
              name, stored == DataType.F64 ? DataType.F32 : stored, shape(dictionary));
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(path, e.getMessage(), e);
    }
    if (declaration.elements() > Integer.MAX_VALUE - 8) {
      throw refused(
          "expected at most %d elements, found shape %s"
              .formatted(Integer.MAX_VALUE - 8, dictionary.shape()));
    }
    requireSize(dictionary, declaration.elements() * stored.bytes());
    return new Array(this, dictionary, element, declaration);
  }

  void requireSize(NpyDictionary dictionary, long valueBytes) {
    long expected = dictionary.dataPosition() + valueBytes;
    if (expected != size()) {
      throw refused(
          "%s: expected %d bytes, found %d"
              .formatted(
                  expected > size() ? "truncated" : "bytes after the last element",
                  expected,
                  size()));
    }
  }

  private long[] shape(NpyDictionary dictionary) {
    String text = dictionary.shape();
    if (!SHAPE.matcher(text).matches()) {
      throw refused("expected a shape, found " + text);
    }
    String inside = text.substring(1, text.length() - 1).replace("L", "");
    String[] lengths =
        Stream.of(inside.split(","))
            .map(String::strip)
            .filter(s -> !s.isEmpty())
            .toArray(String[]::new);
    try {
      return Arrays.stream(lengths).mapToLong(Long::parseLong).toArray();
    } catch (NumberFormatException e) {
      throw refused("expected axis lengths below 2^63, found shape " + text);
    }
  }

  @Override
  public long size() {
    return entry.getSize();
  }

  InputStream open() throws IOException {
    return zip.getInputStream(entry);
  }

  @Override
  public void read(long position, ByteBuffer target) {
    byte[] bytes = new byte[target.remaining()];
    try (InputStream in = open()) {
      in.skipNBytes(position);
      int count = in.readNBytes(bytes, 0, bytes.length);
      if (count < bytes.length) {
        throw refused("truncated: expected %d bytes, found %d".formatted(size(), position + count));
      }
    } catch (IOException e) {
      throw damaged(e);
    }
    target.put(bytes);
  }

  CheckpointException damaged(IOException e) {
    String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return new CheckpointException(
        path,
        "%s: expected a whole entry, found a damaged one: %s".formatted(entry.getName(), reason),
        e);
  }

  @Override
  public CheckpointException refused(String problem) {
    return new CheckpointException(path, entry.getName() + ": " + problem);
  }
}
