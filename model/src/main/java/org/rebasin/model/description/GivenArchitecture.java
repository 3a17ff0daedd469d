package org.rebasin.model.description;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.architecture.GraphArchitecture;

/**
 * An architecture as a user gives it: a family's text such as {@code mlp:784-512-10}, {@code
 * file:PATH} or {@code @PATH} for an architecture file, {@code onnx:PATH} for an ONNX model. The
 * architecture found in a file is described by its whole graph, so that what records its text needs
 * the file no more.
 */
public final class GivenArchitecture {
  private static final String FILE = "file:";
  private static final String AT = "@";

  /** What stands before the path of an ONNX model. */
  public static final String ONNX = "onnx:";

  /** More than any network that a person describes by hand or a program by rule. */
  private static final long MOST_BYTES = 1 << 24;

  private GivenArchitecture() {}

  /** Whether a text is meant as an architecture rather than as a file's name. */
  public static boolean looksLike(String given) {
    return given.startsWith(FILE)
        || given.startsWith(AT)
        || given.startsWith(ONNX)
        || Architecture.isKnown(given);
  }

  /**
   * Reads what was given.
   *
   * @throws IllegalArgumentException saying what was expected and found, and where
   */
  public static Architecture parse(String given) {
    if (given.startsWith(FILE)) {
      return read(Path.of(given.substring(FILE.length())));
    }
    if (given.startsWith(AT)) {
      return read(Path.of(given.substring(AT.length())));
    }
    if (given.startsWith(ONNX)) {
      return GraphArchitecture.of(
          OnnxModel.read(Path.of(given.substring(ONNX.length()))).network());
    }
    if (!Architecture.isKnown(given)) {
      throw new IllegalArgumentException(
          "unknown architecture '%s'; expected %s, or %sPATH of an architecture file, or %sPATH"
              .formatted(given, Architecture.usage(), FILE, ONNX));
    }
    return Architecture.parse(given);
  }

  private static Architecture read(Path file) {
    try {
      if (Files.exists(file) && !Files.isRegularFile(file)) {
        throw new IllegalArgumentException(
            file + ": expected an architecture file, found something other than a regular file");
      }
      if (Files.size(file) > MOST_BYTES) {
        throw new IllegalArgumentException(
            "%s: expected an architecture file of at most %d bytes, found %d"
                .formatted(file, MOST_BYTES, Files.size(file)));
      }
      String text = Files.readString(file, StandardCharsets.UTF_8);
      return GraphArchitecture.parse(text, file.toString());
    } catch (NoSuchFileException problem) {
      throw new IllegalArgumentException(
          file + ": expected an architecture file, found no such file", problem);
    } catch (CharacterCodingException problem) {
      throw new IllegalArgumentException(
          file + ": expected an architecture file in UTF-8, found other bytes", problem);
    } catch (IOException problem) {
      throw new IllegalArgumentException(file + ": cannot be read: " + problem, problem);
    }
  }
}
