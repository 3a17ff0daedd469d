package org.rebasin.actors.documents;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Holds {@code curl} lines against the paths of an OpenAPI description. */
final class HttpLines {
  private static final String BASE = "$URL";

  /** What a variable that holds an upload's {@code Location} stands for. */
  private static final String UPLOAD = "/uploads/$";

  private final JsonNode paths;
  private final Set<String> missing = new TreeSet<>();

  HttpLines(JsonNode paths) {
    this.paths = paths;
    paths
        .fields()
        .forEachRemaining(
            path ->
                path.getValue()
                    .fieldNames()
                    .forEachRemaining(method -> missing.add(method + " " + path.getKey())));
  }

  /** The operations that no line looked at so far asks for. */
  Set<String> missing() {
    return missing;
  }

  /** What is wrong with a command; empty if it is no {@code curl}, or asks another server. */
  Optional<String> objection(List<String> words) {
    if (!words.get(0).equals("curl")) {
      return Optional.empty();
    }
    for (String word : words) {
      if (word.startsWith(BASE)) {
        String path = word.substring(BASE.length()).replaceFirst("\\?.*", "");
        path = path.matches("\\$[A-Z_]+") ? UPLOAD : path;
        return objection(method(words), path);
      }
    }
    return Optional.empty();
  }

  private static String method(List<String> words) {
    int told = words.indexOf("-X");
    if (told >= 0) {
      return words.get(told + 1).toLowerCase(Locale.ROOT);
    }
    if (words.contains("-I")) {
      return "head";
    }
    return words.contains("-T")
        ? "put"
        : words.contains("-d") || words.contains("--data-binary") ? "post" : "get";
  }

  private Optional<String> objection(String method, String path) {
    for (var each = paths.fields(); each.hasNext(); ) {
      var operation = each.next();
      if (fits(operation.getKey(), path)) {
        // Whoever may get something may ask for its headers.
        for (String served : method.equals("head") ? List.of("head", "get") : List.of(method)) {
          if (operation.getValue().has(served)) {
            missing.remove(served + " " + operation.getKey());
            return Optional.empty();
          }
        }
      }
    }
    return Optional.of("no route serves " + method.toUpperCase(Locale.ROOT) + " " + path);
  }

  private static boolean fits(String template, String path) {
    String[] expected = template.split("/");
    String[] found = path.split("/");
    boolean fits = expected.length == found.length;
    for (int i = 0; fits && i < expected.length; i++) {
      fits = expected[i].startsWith("{") ? !found[i].isEmpty() : expected[i].equals(found[i]);
    }
    return fits;
  }
}
