package org.rebasin.model.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The header of a NumPy file: a magic string, a version, a length, and a Python dictionary with the
 * type, the order and the shape (NumPy's format specification, NEP 1; versions 1.0 to 3.0).
 *
 * @param shape one or two dimensions
 * @param columnMajor whether the first index runs fastest
 * @param dataPosition where the values begin, counted from the beginning of the file
 */
record NpyHeader(
    NpyType type, ByteOrder byteOrder, boolean columnMajor, int[] shape, long dataPosition) {
  private static final String MAGIC = "\u0093NUMPY";

  /** The magic string and two bytes of version. */
  private static final int VERSION_END = 8;

  /** Of the same order as NumPy's own bound, 10000; a longer header describes no plain array. */
  private static final int MAX_HEADER_BYTES = 1 << 16;

  /** Java's arrays end a little below 2^31 elements. */
  private static final int MAX_ELEMENTS = Integer.MAX_VALUE - 8;

  /** One {@code 'key': value,} of the dictionary, where value is text, a tuple or a list. */
  private static final Pattern FIELD =
      Pattern.compile(
          "\\G\\s*['\"](\\w+)['\"]\\s*:\\s*('[^']*'|\"[^\"]*\"|\\w+|\\([^()]*\\)|\\[.*\\])\\s*(?:,|$)");

  private static final Pattern DESCR = Pattern.compile("['\"]([<>|])(\\w+)['\"]");

  /** Python 2 wrote a long integer with an L behind it. */
  private static final Pattern SHAPE =
      Pattern.compile("\\(\\s*(\\d+)L?\\s*,\\s*(?:(\\d+)L?\\s*,?\\s*)?\\)");

  static NpyHeader read(FileInput input) {
    byte[] prefix = new byte[(int) Math.min(input.size(), ForeignFormat.PREFIX_BYTES)];
    input.read(0, ByteBuffer.wrap(prefix));
    if (!new String(prefix, StandardCharsets.ISO_8859_1).startsWith(MAGIC)) {
      throw new CheckpointException(
          input.path(),
          "expected a NumPy .npy file, found "
              + ForeignFormat.of(prefix)
                  .map(format -> "what appears to be " + format.description())
                  .orElse("a file of %d bytes without its magic string".formatted(input.size())));
    }
    int major = prefix.length < VERSION_END ? 0 : prefix[VERSION_END - 2];
    int minor = prefix.length < VERSION_END ? 0 : prefix[VERSION_END - 1];
    int lengthBytes = major == 1 ? Short.BYTES : Integer.BYTES;
    if (prefix.length < VERSION_END + lengthBytes) {
      throw new CheckpointException(
          input.path(),
          "truncated: expected a version and a header length, found a file of %d bytes"
              .formatted(prefix.length));
    }
    if (major < 1 || major > 3 || minor != 0) {
      throw new CheckpointException(
          input.path(), "expected version 1.0, 2.0 or 3.0, found %d.%d".formatted(major, minor));
    }
    ByteBuffer lengthField = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN);
    long length =
        major == 1
            ? Short.toUnsignedLong(lengthField.getShort(VERSION_END))
            : Integer.toUnsignedLong(lengthField.getInt(VERSION_END));
    int headerPosition = VERSION_END + lengthBytes;
    if (length > MAX_HEADER_BYTES) {
      throw new CheckpointException(
          input.path(),
          "expected a header of at most %d bytes, found %d".formatted(MAX_HEADER_BYTES, length));
    }
    if (headerPosition + length > input.size()) {
      throw new CheckpointException(
          input.path(),
          "truncated: expected a header of %d bytes after the first %d, found a file of %d bytes"
              .formatted(length, headerPosition, input.size()));
    }
    byte[] text = new byte[(int) length];
    input.read(headerPosition, ByteBuffer.wrap(text));
    // What differs between the versions' encodings is in names of fields, which are not read.
    return parse(
        input.path(), new String(text, StandardCharsets.UTF_8).strip(), headerPosition + length);
  }

  private static NpyHeader parse(Path path, String text, long dataPosition) {
    Map<String, String> fields = fields(path, text);
    String descr = fields.get("descr");
    Matcher type = DESCR.matcher(descr);
    NpyType element =
        Optional.of(type)
            .filter(Matcher::matches)
            .flatMap(match -> NpyType.coded(match.group(2)))
            .filter(found -> found.bytes() == 1 || !type.group(1).equals("|"))
            .orElseThrow(() -> unreadableType(path, descr));
    String order = fields.get("fortran_order");
    if (!order.equals("True") && !order.equals("False")) {
      throw new CheckpointException(
          path, "expected a fortran_order of True or False, found " + order);
    }
    return new NpyHeader(
        element,
        type.group(1).equals(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
        order.equals("True"),
        shape(path, fields.get("shape")),
        dataPosition);
  }

  private static CheckpointException unreadableType(Path path, String found) {
    String codes = String.join(", ", Arrays.stream(NpyType.values()).map(NpyType::code).toList());
    return new CheckpointException(
        path, "expected a plain dtype of %s, found %s".formatted(codes, found));
  }

  private static Map<String, String> fields(Path path, String text) {
    Map<String, String> fields = new HashMap<>();
    boolean complete = text.startsWith("{") && text.endsWith("}");
    if (complete) {
      String inside = text.substring(1, text.length() - 1).strip();
      Matcher field = FIELD.matcher(inside);
      int end = 0;
      while (field.find()) {
        complete &= fields.put(field.group(1), field.group(2)) == null;
        end = field.end();
      }
      complete &= end == inside.length();
    }
    if (!complete || !fields.keySet().equals(Set.of("descr", "fortran_order", "shape"))) {
      throw new CheckpointException(
          path, "expected a header with descr, fortran_order and shape, once each, found " + text);
    }
    return fields;
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
