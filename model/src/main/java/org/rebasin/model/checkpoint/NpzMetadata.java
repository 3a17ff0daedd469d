package org.rebasin.model.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model's own strings in a NumPy archive: an array without dimensions of one Unicode string,
 * which is a JSON object. In Python: {@code json.loads(str(numpy.load(file)["__metadata__"]))}.
 */
final class NpzMetadata {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern UNICODE = Pattern.compile("['\"]([<>])U(\\d{1,9})['\"]");

  private NpzMetadata() {}

  /**
   * @throws CheckpointException if the array is not one string that is an object of strings
   */
  static Map<String, String> read(NpzEntry source) {
    NpyDictionary dictionary = NpyDictionary.read(source);
    Matcher type = UNICODE.matcher(dictionary.descr());
    if (!type.matches() || !dictionary.shape().equals("()")) {
      throw source.refused(
          "expected one Unicode string, found %s of shape %s"
              .formatted(dictionary.descr(), dictionary.shape()));
    }
    long bytes = Long.parseLong(type.group(2)) * Integer.BYTES;
    if (bytes > SafetensorsHeader.MAX_HEADER_BYTES) {
      throw source.refused(
          "expected at most %d bytes, found %d"
              .formatted(SafetensorsHeader.MAX_HEADER_BYTES, bytes));
    }
    source.requireSize(dictionary, bytes);
    ByteBuffer characters =
        ByteBuffer.allocate((int) bytes)
            .order(type.group(1).equals("<") ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    source.read(dictionary.dataPosition(), characters);
    return parse(source, text(source, characters.flip()));
  }

  private static String text(NpzEntry source, ByteBuffer characters) {
    StringBuilder text = new StringBuilder();
    while (characters.hasRemaining()) {
      int character = characters.getInt();
      if (!Character.isValidCodePoint(character)) {
        throw source.refused("expected Unicode characters, found 0x%x".formatted(character));
      }
      text.appendCodePoint(character);
    }
    // NumPy fills a string up with zeros.
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == 0) {
      end--;
    }
    return text.substring(0, end);
  }

  private static Map<String, String> parse(NpzEntry source, String text) {
    JsonNode document;
    try {
      document = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new CheckpointException(
          source.path(),
          "%s: expected a JSON object, found text that does not parse: %s"
              .formatted(source.entry().getName(), e.getOriginalMessage()),
          e);
    }
    if (!document.isObject()) {
      throw source.refused("expected a JSON object of strings, found " + document.getNodeType());
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    document
        .fields()
        .forEachRemaining(
            field -> {
              if (!field.getValue().isTextual()) {
                throw source.refused(
                    "%s: expected a string, found %s"
                        .formatted(field.getKey(), field.getValue().getNodeType()));
              }
              metadata.put(field.getKey(), field.getValue().textValue());
            });
    return Collections.unmodifiableMap(metadata);
  }

  /** The bytes of the array; the strings are sorted by key. */
  static byte[] encode(Map<String, String> metadata) {
    String text;
    try {
      text = JSON.writeValueAsString(new TreeMap<>(metadata));
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("a map of strings always has a JSON form", impossible);
    }
    int[] characters = text.codePoints().toArray();
    byte[] header = NpyDictionary.encode("<U" + characters.length, new long[0]);
    ByteBuffer bytes =
        ByteBuffer.allocate(header.length + characters.length * Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(header);
    for (int character : characters) {
      bytes.putInt(character);
    }
    return bytes.array();
  }
}
