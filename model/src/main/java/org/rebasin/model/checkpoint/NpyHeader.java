package org.rebasin.model.checkpoint;

import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The header of a NumPy file that holds a vector or a matrix of numbers.
 *
 * @param shape one or two dimensions
 * @param columnMajor whether the first index runs fastest
 * @param dataPosition where the values begin, counted from the beginning of the file
 */
record NpyHeader(
    NpyType type, ByteOrder byteOrder, boolean columnMajor, int[] shape, long dataPosition) {
  /** Java's arrays end a little below 2^31 elements. */
  private static final int MAX_ELEMENTS = Integer.MAX_VALUE - 8;

  /** Python 2 wrote a long integer with an L behind it. */
  private static final Pattern SHAPE =
      Pattern.compile("\\(\\s*(\\d+)L?\\s*,\\s*(?:(\\d+)L?\\s*,?\\s*)?\\)");

  static NpyHeader read(FileInput input) {
    NpyDictionary dictionary = NpyDictionary.read(input);
    NpyDictionary.Element element = dictionary.element(input);
    return new NpyHeader(
        element.type(),
        element.byteOrder(),
        dictionary.columnMajor(),
        shape(input.path(), dictionary.shape()),
        dictionary.dataPosition());
  }

  private static int[] shape(Path path, String text) {
    Matcher shape = SHAPE.matcher(text);
    if (!shape.matches()) {
      throw new CheckpointException(
          path, "expected a shape of one or two dimensions, found " + text);
    }
    long first = dimension(path, shape.group(1), text);
    if (shape.group(2) == null) {
      return new int[] {(int) first};
    }
    long second = dimension(path, shape.group(2), text);
    if (first * second > MAX_ELEMENTS) {
      throw tooLarge(path, text);
    }
    return new int[] {(int) first, (int) second};
  }

  private static long dimension(Path path, String digits, String shape) {
    // Ten digits suffice for the largest dimension, and cannot overflow a long.
    if (digits.length() > 10 || Long.parseLong(digits) > MAX_ELEMENTS) {
      throw tooLarge(path, shape);
    }
    return Long.parseLong(digits);
  }

  private static CheckpointException tooLarge(Path path, String shape) {
    return new CheckpointException(
        path, "expected at most %d elements, found shape %s".formatted(MAX_ELEMENTS, shape));
  }

  /** The product of the shape. */
  int elements() {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }
}
