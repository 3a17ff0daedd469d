package org.rebasin.model.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The header of an array in NumPy's format: a magic string, a version, a length, and a Python
 * dictionary with the type, the order and the shape (NumPy's format specification, NEP 1; versions
 * 1.0 to 3.0). What the type and the shape may be is for the reader to say.
 *
 * @param descr the type, as Python writes it
 * @param columnMajor whether the first index runs fastest
 * @param shape a tuple, as Python writes it
 * @param dataPosition where the values begin, counted from the beginning of the source
 */
record NpyDictionary(String descr, boolean columnMajor, String shape, long dataPosition) {
  static final String MAGIC = "\u0093NUMPY";

  /** The magic string and two bytes of version. */
  private static final int VERSION_END = 8;

  /** Of the same order as NumPy's own bound, 10000; a longer header describes no plain array. */
  private static final int MAX_HEADER_BYTES = 1 << 16;

  /** NumPy lets the values begin at a multiple of this. */
  private static final int ALIGNMENT = 64;

  /** One {@code 'key': value,} of the dictionary, where value is text, a tuple or a list. */
  private static final Pattern FIELD =
      Pattern.compile(
          "\\G\\s*['\"](\\w+)['\"]\\s*:\\s*('[^']*'|\"[^\"]*\"|\\w+|\\([^()]*\\)|\\[.*\\])\\s*(?:,|$)");

  private static final Pattern DESCR = Pattern.compile("['\"]([<>|])(\\w+)['\"]");

  /** An element type whose bytes have an order. */
  record Element(NpyType type, ByteOrder byteOrder) {}

  static NpyDictionary read(NpySource source) {
    byte[] prefix = new byte[(int) Math.min(source.size(), ForeignFormat.PREFIX_BYTES)];
    source.read(0, ByteBuffer.wrap(prefix));
    if (!new String(prefix, StandardCharsets.ISO_8859_1).startsWith(MAGIC)) {
      throw source.refused(
          "expected a NumPy .npy file, found "
              + ForeignFormat.of(prefix)
                  .map(format -> "what appears to be " + format.description())
                  .orElse("a file of %d bytes without its magic string".formatted(source.size())));
    }
    int major = prefix.length < VERSION_END ? 0 : prefix[VERSION_END - 2];
    int minor = prefix.length < VERSION_END ? 0 : prefix[VERSION_END - 1];
    int lengthBytes = major == 1 ? Short.BYTES : Integer.BYTES;
    if (prefix.length < VERSION_END + lengthBytes) {
      throw source.refused(
          "truncated: expected a version and a header length, found a file of %d bytes"
              .formatted(prefix.length));
    }
    if (major < 1 || major > 3 || minor != 0) {
      throw source.refused("expected version 1.0, 2.0 or 3.0, found %d.%d".formatted(major, minor));
    }
    ByteBuffer lengthField = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN);
    long length =
        major == 1
            ? Short.toUnsignedLong(lengthField.getShort(VERSION_END))
            : Integer.toUnsignedLong(lengthField.getInt(VERSION_END));
    int headerPosition = VERSION_END + lengthBytes;
    if (length > MAX_HEADER_BYTES) {
      throw source.refused(
          "expected a header of at most %d bytes, found %d".formatted(MAX_HEADER_BYTES, length));
    }
    if (headerPosition + length > source.size()) {
      throw source.refused(
          "truncated: expected a header of %d bytes after the first %d, found a file of %d bytes"
              .formatted(length, headerPosition, source.size()));
    }
    byte[] text = new byte[(int) length];
    source.read(headerPosition, ByteBuffer.wrap(text));
    // What differs between the versions' encodings is in names of fields, which are not read.
    return parse(source, new String(text, StandardCharsets.UTF_8).strip(), headerPosition + length);
  }

  private static NpyDictionary parse(NpySource source, String text, long dataPosition) {
    Map<String, String> fields = fields(source, text);
    String order = fields.get("fortran_order");
    if (!order.equals("True") && !order.equals("False")) {
      throw source.refused("expected a fortran_order of True or False, found " + order);
    }
    return new NpyDictionary(
        fields.get("descr"), order.equals("True"), fields.get("shape"), dataPosition);
  }

  private static Map<String, String> fields(NpySource source, String text) {
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
      throw source.refused(
          "expected a header with descr, fortran_order and shape, once each, found " + text);
    }
    return fields;
  }

  /** The type, if it is one of the plain numbers that are read. */
  Element element(NpySource source) {
    Matcher type = DESCR.matcher(descr);
    return Optional.of(type)
        .filter(Matcher::matches)
        .flatMap(match -> NpyType.coded(match.group(2)))
        .filter(found -> found.bytes() == 1 || !type.group(1).equals("|"))
        .map(
            found ->
                new Element(
                    found,
                    type.group(1).equals(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN))
        .orElseThrow(() -> unreadableType(source));
  }

  private CheckpointException unreadableType(NpySource source) {
    String codes = String.join(", ", Arrays.stream(NpyType.values()).map(NpyType::code).toList());
    return source.refused("expected a plain dtype of %s, found %s".formatted(codes, descr));
  }

  /**
   * The first bytes of an array of version 1.0, row-major.
   *
   * @param descr such as {@code <f4}
   */
  static byte[] encode(String descr, long[] shape) {
    StringBuilder dictionary =
        new StringBuilder("{'descr': '%s', 'fortran_order': False, 'shape': (".formatted(descr));
    for (int i = 0; i < shape.length; i++) {
      dictionary.append(i == 0 ? "" : " ").append(shape[i]).append(',');
    }
    if (shape.length > 1) {
      // As Python writes it: only a tuple of one element ends with a comma.
      dictionary.setLength(dictionary.length() - 1);
    }
    dictionary.append("), }");
    int prefix = VERSION_END + Short.BYTES;
    while ((prefix + dictionary.length() + 1) % ALIGNMENT != 0) {
      dictionary.append(' ');
    }
    byte[] text = dictionary.append('\n').toString().getBytes(StandardCharsets.ISO_8859_1);
    return ByteBuffer.allocate(prefix + text.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(MAGIC.getBytes(StandardCharsets.ISO_8859_1))
        .put((byte) 1)
        .put((byte) 0)
        .putShort((short) text.length)
        .put(text)
        .array();
  }
}
