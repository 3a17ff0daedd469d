package org.rebasin.actors.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** One run of the command line in this process, with what it printed. */
record Run(int code, String out, String err) {
  private static final ObjectMapper ONE_DOCUMENT =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  static Run of(Object... arguments) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream capturedOut = new ByteArrayOutputStream();
    ByteArrayOutputStream capturedErr = new ByteArrayOutputStream();
    System.setOut(new PrintStream(capturedOut, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(capturedErr, true, StandardCharsets.UTF_8));
    try {
      int code = Main.run(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
      return new Run(
          code,
          capturedOut.toString(StandardCharsets.UTF_8),
          capturedErr.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  /** The document on standard output, which must hold nothing else. */
  JsonNode json() {
    try {
      return ONE_DOCUMENT.readTree(out);
    } catch (JsonProcessingException problem) {
      throw new AssertionError("expected one JSON document, found: " + out, problem);
    }
  }

  /** This run, of which the exit code must be 0. */
  Run done() {
    if (code != 0) {
      throw new AssertionError("exit code " + code + ": " + err);
    }
    return this;
  }
}
