package org.rebasin.actors.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

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

  /** Writes a document, complete or not at all. */
  public static void write(Object document, Path file) {
    try {
      Path partial =
          file.toAbsolutePath().resolveSibling(".rebasin-" + UUID.randomUUID() + ".partial");
      try {
        Files.writeString(partial, text(document) + "\n");
        Files.move(
            partial, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(partial);
      }
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot write " + file, problem);
    }
  }
}
