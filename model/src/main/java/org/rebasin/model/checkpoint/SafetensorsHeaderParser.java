package org.rebasin.model.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns the JSON of a safetensors header into tensors and metadata; each step refuses what the
 * format does not allow. How the tensors lie together is for {@link SafetensorsHeader} to check.
 */
final class SafetensorsHeaderParser {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          // Names are the file's choice: a table of them, kept for later files, would only grow.
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(SafetensorsHeader.MAX_HEADER_BYTES)
                  .build())
          .build();

  private final Path path;
  private final long dataPosition;
  private final List<TensorEntry> entries = new ArrayList<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();

  /**
   * @param path the file, for messages
   * @param dataPosition where the values begin, counted from the beginning of the file
   */
  SafetensorsHeaderParser(Path path, long dataPosition) {
    this.path = path;
    this.dataPosition = dataPosition;
  }

  /** Reads the value of one field; the parser stands on its first token. */
  private interface FieldReader {
    void read(String name, JsonParser json) throws IOException;
  }

  SafetensorsHeader parse(byte[] bytes) {
    // Decoded here because the parser would guess the encoding, and the format allows only one.
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new CheckpointException(path, "expected a header in UTF-8, found invalid bytes", e);
    }
    try (JsonParser json = JSON.createParser(text)) {
      json.nextToken();
      readFields("the header", json, this::readTopLevel);
      if (json.nextToken() != null) {
        throw new CheckpointException(
            path, "expected only spaces after the header's JSON object, found " + json.getText());
      }
    } catch (JsonProcessingException e) {
      throw new CheckpointException(
          path,
          "expected a JSON header, found one that does not parse: " + e.getOriginalMessage(),
          e);
    } catch (IOException e) {
      throw CheckpointException.failed(path, "the header cannot be parsed", e);
    }
    entries.sort(
        Comparator.comparingLong(TensorEntry::position).thenComparingLong(TensorEntry::end));
    return new SafetensorsHeader(
        Collections.unmodifiableList(entries), Collections.unmodifiableMap(metadata));
  }

  private void readTopLevel(String name, JsonParser json) throws IOException {
    if (name.equals(TensorDeclaration.METADATA_KEY)) {
      readFields(name, json, this::readMetadatum);
    } else {
      entries.add(readTensor(name, json));
    }
  }

  private void readMetadatum(String key, JsonParser json) throws IOException {
    require(json, JsonToken.VALUE_STRING, "metadata " + key, "a string");
    String value = json.getText();
    if (!TensorDeclaration.isEncodable(key) || !TensorDeclaration.isEncodable(value)) {
      throw new CheckpointException(
          path, "metadata %s: expected valid Unicode characters, found %s".formatted(key, value));
    }
    metadata.put(key, value);
  }

  private TensorEntry readTensor(String name, JsonParser json) throws IOException {
    List<DataType> type = new ArrayList<>(1);
    List<long[]> shape = new ArrayList<>(1);
    List<long[]> offsets = new ArrayList<>(1);
    readFields(
        name,
        json,
        (field, value) -> {
          switch (field) {
            case "dtype" -> type.add(readDataType(name, value));
            case "shape" -> shape.add(readIntegers(name, field, value));
            case "data_offsets" -> offsets.add(readIntegers(name, field, value));
            default -> value.skipChildren();
          }
        });
    if (type.isEmpty() || shape.isEmpty() || offsets.isEmpty()) {
      throw new CheckpointException(
          path, name + ": expected dtype, shape and data_offsets, found only some of them");
    }
    return entry(name, type.get(0), shape.get(0), offsets.get(0));
  }

  private TensorEntry entry(String name, DataType type, long[] shape, long[] offsets) {
    TensorDeclaration declaration;
    try {
      declaration = new TensorDeclaration(name, type, shape);
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(path, e.getMessage(), e);
    }
    if (offsets.length != 2
        || offsets[0] < 0
        || offsets[1] < offsets[0]
        || offsets[1] > Long.MAX_VALUE - dataPosition) {
      throw new CheckpointException(
          path,
          "%s: expected data_offsets [begin, end] with 0 <= begin <= end, found %s"
              .formatted(name, Arrays.toString(offsets)));
    }
    if (offsets[1] - offsets[0] != declaration.bytes()) {
      throw new CheckpointException(
          path,
          "%s: expected %d bytes for %s of shape %s, found data_offsets %s, which are %d"
              .formatted(
                  name,
                  declaration.bytes(),
                  type,
                  Arrays.toString(shape),
                  Arrays.toString(offsets),
                  offsets[1] - offsets[0]));
    }
    return new TensorEntry(declaration, dataPosition + offsets[0]);
  }

  private DataType readDataType(String name, JsonParser json) throws IOException {
    require(json, JsonToken.VALUE_STRING, name + ": dtype", "a string");
    String found = json.getText();
    return DataType.named(found)
        .orElseThrow(
            () ->
                new CheckpointException(
                    path,
                    "%s: expected a dtype of %s, found %s"
                        .formatted(name, Arrays.toString(DataType.values()), found)));
  }

  private long[] readIntegers(String name, String field, JsonParser json) throws IOException {
    String where = name + ": " + field;
    require(json, JsonToken.START_ARRAY, where, "an array of integers");
    List<Long> integers = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      require(json, JsonToken.VALUE_NUMBER_INT, where, "only integers");
      if (json.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
        throw new CheckpointException(
            path, where + ": expected integers below 2^63, found " + json.getText());
      }
      integers.add(json.getLongValue());
    }
    return integers.stream().mapToLong(Long::longValue).toArray();
  }

  private void readFields(String object, JsonParser json, FieldReader reader) throws IOException {
    require(json, JsonToken.START_OBJECT, object, "a JSON object");
    Set<String> seen = new HashSet<>();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String field = json.getCurrentName();
      if (!seen.add(field)) {
        throw new CheckpointException(
            path, "%s: expected every key once, found \"%s\" twice".formatted(object, field));
      }
      json.nextToken();
      reader.read(field, json);
    }
  }

  private void require(JsonParser json, JsonToken token, String where, String expected)
      throws IOException {
    if (json.currentToken() != token) {
      throw new CheckpointException(
          path, "%s: expected %s, found %s".formatted(where, expected, json.getText()));
    }
  }
}
