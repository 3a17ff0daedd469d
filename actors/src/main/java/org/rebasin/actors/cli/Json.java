package org.rebasin.actors.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Documents as JSON: maps, lists, numbers, strings and records, keys in snake_case. */
final class Json {
  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT);

  private Json() {}

  static String text(Object document) {
    try {
      return MAPPER.writeValueAsString(document);
    } catch (JsonProcessingException problem) {
      throw new IllegalStateException("cannot write as JSON: " + document, problem);
    }
  }

  /** JSON as maps, lists, numbers and strings; any other text as it is. */
  static Object parseOrText(String text) {
    try {
      return MAPPER.readValue(text, Object.class);
    } catch (JsonProcessingException notJson) {
      return text;
    }
  }

  static void write(Object document, Path file) {
    try {
      Files.writeString(file, text(document) + "\n");
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot write " + file, problem);
    }
  }
}
