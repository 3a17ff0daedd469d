package org.rebasin.model.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What made a model, as kept in its file's metadata: enough to make it again to the byte. Holds no
 * time and no place, so the same work gives the same file.
 *
 * @param operation such as {@code train} or {@code merge}
 * @param inputs SHA-256 of each model it was made from, in order
 * @param settings everything else that decides the result, by name
 */
public record Provenance(String operation, List<String> inputs, Map<String, String> settings) {
  /** The metadata's key. */
  public static final String KEY = "provenance";

  /** Copies the collections; settings are kept sorted. */
  public Provenance {
    inputs = List.copyOf(inputs);
    settings = java.util.Collections.unmodifiableMap(new TreeMap<>(settings));
  }

  /** The record as one line of JSON. */
  public String json() {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("operation", operation);
    document.put("inputs", inputs);
    document.put("settings", settings);
    try {
      return new ObjectMapper().writeValueAsString(document);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(
          "strings, lists and maps always have a JSON form", impossible);
    }
  }
}
