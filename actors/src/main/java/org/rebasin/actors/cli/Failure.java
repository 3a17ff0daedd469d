package org.rebasin.actors.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rebasin.actors.report.Json;

/** How a command says that it failed. */
final class Failure {
  private Failure() {}

  /** The message on standard error, and with {@code --json} a document on standard output. */
  static void report(String kind, String message, boolean json) {
    System.err.println("rebasin: " + message);
    if (json) {
      Map<String, Object> error = new LinkedHashMap<>();
      error.put("kind", kind);
      error.put("message", message);
      System.out.println(Json.text(Map.of("error", error)));
    }
  }
}
