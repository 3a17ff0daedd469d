package org.rebasin.model.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The header of a safetensors file: eight little-endian bytes with its length, then a JSON object
 * that gives each tensor its type, shape and byte range, and optionally a map of strings. As strict
 * as the reference implementation (huggingface/safetensors): the tensors fill the rest of the file
 * without overlap, hole or remainder.
 *
 * @param entries in the order in which their bytes lie in the file
 * @param metadata in the order of the header
 */
record SafetensorsHeader(List<TensorEntry> entries, Map<String, String> metadata) {
  static final int LENGTH_BYTES = Long.BYTES;

  /** The bound of the reference implementation. */
  static final int MAX_HEADER_BYTES = 100_000_000;

  /** The values begin at a multiple of this, which suits every element type and vector width. */
  static final int ALIGNMENT = 64;

  private static final JsonFactory JSON = new JsonFactory();

  /** Reads and checks the header of {@code input} against the format and the size of the file. */
  static SafetensorsHeader read(FileInput input) {
    byte[] json = readJson(input);
    SafetensorsHeader header =
        new SafetensorsHeaderParser(input.path(), LENGTH_BYTES + json.length).parse(json);
    header.requireContiguous(input, LENGTH_BYTES + json.length);
    return header;
  }

  private static byte[] readJson(FileInput input) {
    byte[] prefix = new byte[(int) Math.min(input.size(), ForeignFormat.PREFIX_BYTES)];
    input.read(0, ByteBuffer.wrap(prefix));
    if (prefix.length <= LENGTH_BYTES) {
      throw notSafetensors(
          input, prefix, "a file of %d bytes, too short for a header".formatted(prefix.length));
    }
    long length = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (length < 0 || length > MAX_HEADER_BYTES) {
      throw notSafetensors(
          input,
          prefix,
          "a header length of %s bytes, beyond the bound of %d"
              .formatted(Long.toUnsignedString(length), MAX_HEADER_BYTES));
    }
    if (prefix[LENGTH_BYTES] != '{') {
      throw notSafetensors(
          input,
          prefix,
          "a header that begins with byte 0x%02x, not '{'".formatted(prefix[LENGTH_BYTES]));
    }
    if (length > input.size() - LENGTH_BYTES) {
      throw new CheckpointException(
          input.path(),
          "truncated: expected a header of %d bytes after the first %d, found a file of %d bytes"
              .formatted(length, LENGTH_BYTES, input.size()));
    }
    byte[] json = new byte[(int) length];
    input.read(LENGTH_BYTES, ByteBuffer.wrap(json));
    return json;
  }

  private static CheckpointException notSafetensors(
      FileInput input, byte[] prefix, String otherwiseFound) {
    return new CheckpointException(
        input.path(),
        "expected a safetensors or .npz file, found "
            + ForeignFormat.of(prefix)
                .map(
                    format -> "what appears to be " + format.description() + "; " + format.advice())
                .orElse(otherwiseFound));
  }

  private void requireContiguous(FileInput input, long dataPosition) {
    long end = dataPosition;
    String last = "the header";
    for (TensorEntry entry : entries) {
      if (entry.position() != end) {
        throw new CheckpointException(
            input.path(),
            "%s: expected data_offsets to begin at %d, where %s ends, found %d, which leaves %s"
                .formatted(
                    entry.name(),
                    end - dataPosition,
                    last,
                    entry.position() - dataPosition,
                    entry.position() < end ? "an overlap" : "a hole"));
      }
      end = entry.end();
      last = entry.name();
    }
    if (end != input.size()) {
      throw new CheckpointException(
          input.path(),
          "%s: expected %d bytes, found %d"
              .formatted(
                  end > input.size() ? "truncated" : "bytes after the last tensor",
                  end,
                  input.size()));
    }
  }

  /**
   * The first bytes of a file with these tensors, one after another as declared. The same arguments
   * give the same bytes: metadata is sorted by key.
   *
   * @throws IllegalArgumentException if the tensors' bytes overflow a {@code long}, metadata is not
   *     valid Unicode, or the header is longer than a reader accepts
   */
  static byte[] encode(List<TensorDeclaration> tensors, Map<String, String> metadata) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(new byte[LENGTH_BYTES]);
    // The immutable copy refuses null, which the format has no strings for.
    Map<String, String> sorted = new TreeMap<>(Map.copyOf(metadata));
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      if (!sorted.isEmpty()) {
        json.writeObjectFieldStart(TensorDeclaration.METADATA_KEY);
        for (Map.Entry<String, String> entry : sorted.entrySet()) {
          requireEncodable(entry);
          json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
      }
      long begin = 0;
      for (TensorDeclaration tensor : tensors) {
        long end = Math.addExact(begin, tensor.bytes());
        json.writeObjectFieldStart(tensor.name());
        json.writeStringField("dtype", tensor.dataType().name());
        json.writeFieldName("shape");
        long[] shape = tensor.shape();
        json.writeArray(shape, 0, shape.length);
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {begin, end}, 0, 2);
        json.writeEndObject();
        begin = end;
      }
      json.writeEndObject();
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("expected tensors of fewer than 2^63 bytes in all", e);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    while (bytes.size() % ALIGNMENT != 0) {
      bytes.write(' ');
    }
    byte[] header = bytes.toByteArray();
    int length = header.length - LENGTH_BYTES;
    if (length > MAX_HEADER_BYTES) {
      throw new IllegalArgumentException(
          "expected a header of at most %d bytes, found %d".formatted(MAX_HEADER_BYTES, length));
    }
    ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    return header;
  }

  /** The generator would let half a surrogate pair through, as bytes that no reader accepts. */
  private static void requireEncodable(Map.Entry<String, String> metadatum) {
    if (!TensorDeclaration.isEncodable(metadatum.getKey())
        || !TensorDeclaration.isEncodable(metadatum.getValue())) {
      throw new IllegalArgumentException(
          "expected metadata of valid Unicode characters, found " + metadatum);
    }
  }
}
