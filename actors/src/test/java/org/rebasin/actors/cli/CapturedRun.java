package org.rebasin.actors.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** A command that ran in this process: its exit code and what it printed. */
record CapturedRun(int code, String out, String err) {
  static synchronized CapturedRun of(String... arguments) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    ByteArrayOutputStream complained = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(complained, true, StandardCharsets.UTF_8));
    try {
      int code = Main.run(arguments);
      return new CapturedRun(
          code,
          printed.toString(StandardCharsets.UTF_8),
          complained.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  /** The one JSON document on standard output of a command that was done. */
  JsonNode json() {
    assertEquals(0, code, err);
    return document();
  }

  /** The one JSON document on standard output. */
  JsonNode document() {
    try (JsonParser parser = new ObjectMapper().createParser(out)) {
      JsonNode document = parser.readValueAsTree();
      assertEquals(null, parser.nextToken(), "more than one document");
      return document;
    } catch (IOException problem) {
      throw new UncheckedIOException(out, problem);
    }
  }
}
