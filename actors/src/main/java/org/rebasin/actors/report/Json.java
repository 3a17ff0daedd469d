package org.rebasin.actors.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Documents as JSON: maps, lists, numbers, strings and records, keys in snake_case. */
public final class Json {
  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT);

  private Json() {}

  /** A document as text. */
  public static String text(Object document) {
    try {
      return MAPPER.writeValueAsString(document);
    } catch (JsonProcessingException problem) {
      throw new IllegalStateException("cannot write as JSON: " + document, problem);
    }
  }

  /** JSON as maps, lists, numbers and strings; any other text as it is. */
  public static Object parseOrText(String text) {
    try {
      return MAPPER.readValue(text, Object.class);
    } catch (JsonProcessingException notJson) {
      return text;
    }
  }

  /** Reads a document. */
  public static JsonNode read(Path file) {
    try {
      return MAPPER.readTree(file.toFile());
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot read " + file, problem);
    }
  }

  /** A document as a tree, as reading its text would give it. */
  public static JsonNode tree(Object document) {
    return MAPPER.valueToTree(document);
  }

  /** Writes a document, complete or not at all. */
  public static void write(Object document, Path file) {
    CompleteFile.write(text(document) + "\n", file);
  }
}
