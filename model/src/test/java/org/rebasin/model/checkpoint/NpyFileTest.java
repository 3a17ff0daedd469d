package org.rebasin.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class NpyFileTest {
  @TempDir Path directory;

  private Path file(byte[] bytes) {
    return RawFiles.write(directory.resolve("scores.npy"), bytes);
  }

  private NpyArray read(String text) {
    return NpyFile.read(file(RawFiles.latin1(text)));
  }

  /** A file of version 1.0 with the given dictionary and values. */
  private static byte[] npy(String dictionary, byte[] values) {
    byte[] header =
        RawFiles.latin1(
            "\u0093NUMPY\1\0" + (char) (dictionary.length() + 1) + "\0" + dictionary + "\n");
    return RawFiles.join(header, values);
  }

  private static String dictionary(String descr, String fortranOrder, String shape) {
    return "{'descr': %s, 'fortran_order': %s, 'shape': %s, }"
        .formatted(descr, fortranOrder, shape);
  }

  private static void assertShape(NpyArray array, int... shape) {
    assertArrayEquals(shape, array.shape());
  }

  /** Bytes of numpy.lib.format.write_array(array([[1.5, -2], [3, inf]], '<f4')). */
  @Test
  void singlesOfVersionOneAreRead() {
    NpyArray array =
        read(
            "\u0093NUMPY\1\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }"
                + " ".repeat(58)
                + "\n\0\0\u00c0?\0\0\0\u00c0\0\0@@\0\0\u0080\u007f");
    assertShape(array, 2, 2);
    assertArrayEquals(
        new float[] {1.5f, -2, 3, Float.POSITIVE_INFINITY}, ((NpyArray.Singles) array).values());
  }

  /**
   * Bytes of write_array(asfortranarray(array([[1, 2, 3], [4, 5, 6.5]], '>f8')), version=(2, 0)).
   */
  @Test
  void bigEndianDoublesInColumnsOfVersionTwoAreRead() {
    NpyArray array =
        read(
            "\u0093NUMPY\2\0t\0\0\0{'descr': '>f8', 'fortran_order': True, 'shape': (2, 3), }"
                + " ".repeat(57)
                + "\n?\u00f0\0\0\0\0\0\0@\20\0\0\0\0\0\0@\0\0\0\0\0\0\0@\24\0\0\0\0\0\0"
                + "@\b\0\0\0\0\0\0@\32\0\0\0\0\0\0");
    assertShape(array, 2, 3);
    assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6.5}, ((NpyArray.Doubles) array).values());
  }

  /** Bytes of write_array(array([2**53, -2**53]), version=(3, 0)). */
  @Test
  void integersOfVersionThreeAreRead() {
    NpyArray array =
        read(
            "\u0093NUMPY\3\0t\0\0\0{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }"
                + " ".repeat(58)
                + "\n\0\0\0\0\0\0 \0\0\0\0\0\0\0\u00e0\u00ff");
    assertShape(array, 2);
    assertArrayEquals(new double[] {0x1p53, -0x1p53}, ((NpyArray.Doubles) array).values());
  }

  @ParameterizedTest
  @CsvSource({
    "<f2, 00c00100, -2, 5.9604644775390625e-8",
    ">f2, c0000001, -2, 5.9604644775390625e-8",
    "<f8, 000000000000f03f00000000000000c0, 1, -2",
    "|i1, 7f80, 127, -128",
    "<i1, 7f80, 127, -128",
    "|u1, 7f80, 127, 128",
    "<i2, ff7f0080, 32767, -32768",
    ">u2, 7fff8000, 32767, 32768",
    "<i4, ffffff7f00000080, 2147483647, -2147483648",
    ">u4, 7fffffff80000000, 2147483647, 2147483648",
    ">i8, 0020000000000000ffffffffffffffff, 9007199254740992, -1"
  })
  void everyOtherTypeBecomesDoublesExactly(
      String descr, String values, double first, double second) {
    NpyArray array =
        NpyFile.read(
            file(npy(dictionary("'" + descr + "'", "False", "(2,)"), RawFiles.hex(values))));
    assertArrayEquals(new double[] {first, second}, ((NpyArray.Doubles) array).values());
  }

  @Test
  void aVectorOfBigEndianSinglesIsRead() {
    NpyArray array =
        NpyFile.read(
            file(npy(dictionary("'>f4'", "True", "(2,)"), RawFiles.hex("3f800000c0000000"))));
    assertArrayEquals(new float[] {1, -2}, ((NpyArray.Singles) array).values());
  }

  @Test
  void aMatrixWithoutRowsAndTheNotationOfPythonTwoAreRead() {
    byte[] bytes =
        npy("{\"shape\": (0L, 3L), 'fortran_order': False, 'descr': \"<f4\"}", new byte[0]);
    NpyArray array = NpyFile.read(file(bytes));
    assertShape(array, 0, 3);
    assertEquals(0, ((NpyArray.Singles) array).values().length);
  }

  @Test
  void aMatrixInColumnsBeyondOneChunkKeepsItsPlaces() {
    int rows = 3 * 37;
    int columns = 5 * 101;
    ByteBuffer bytes =
        ByteBuffer.allocate(rows * columns * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    assertTrue(bytes.capacity() > FloatCodec.CHUNK_BYTES);
    for (int column = 0; column < columns; column++) {
      for (int row = 0; row < rows; row++) {
        bytes.putFloat(1000 * row + column);
      }
    }
    String shape = "(%d, %d)".formatted(rows, columns);
    float[] values =
        ((NpyArray.Singles)
                NpyFile.read(file(npy(dictionary("'<f4'", "True", shape), bytes.array()))))
            .values();
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        assertEquals(1000 * row + column, values[row * columns + column]);
      }
    }
  }

  private static Arguments refused(String message, byte[] bytes) {
    return Arguments.of(message, bytes);
  }

  static Stream<Arguments> badFiles() {
    String types = "expected a plain dtype of f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, found ";
    String fields = "expected a header with descr, fortran_order and shape, once each, found ";
    byte[] one = new byte[8];
    String plain = dictionary("'<f8'", "False", "(1,)");
    int header = 11 + plain.length();
    return Stream.of(
        refused(
            "expected a NumPy .npy file, found a file of 0 bytes without its magic string",
            new byte[0]),
        refused(
            "expected a NumPy .npy file, found what appears to be an HDF5 file",
            RawFiles.latin1("\u0089HDF\r\n\u001a\n")),
        refused(
            "truncated: expected a version and a header length, found a file of 6 bytes",
            RawFiles.latin1("\u0093NUMPY")),
        refused(
            "truncated: expected a version and a header length, found a file of 11 bytes",
            RawFiles.latin1("\u0093NUMPY\2\0\1\0\0")),
        refused(
            "expected version 1.0, 2.0 or 3.0, found 4.0",
            RawFiles.latin1("\u0093NUMPY\4\0\1\0\0\0{}")),
        refused(
            "expected version 1.0, 2.0 or 3.0, found 1.1",
            RawFiles.latin1("\u0093NUMPY\1\1\1\0\0\0{}")),
        refused(
            "expected a header of at most 65536 bytes, found 4294967295",
            RawFiles.latin1("\u0093NUMPY\2\0\u00ff\u00ff\u00ff\u00ff{}")),
        refused(
            "truncated: expected a header of 118 bytes after the first 10, found a file of 12 bytes",
            RawFiles.latin1("\u0093NUMPY\1\0v\0{}")),
        refused(
            "truncated: expected %d bytes, found %d".formatted(header + 8, header + 7),
            npy(plain, new byte[7])),
        refused(
            "bytes after the last element: expected %d bytes, found %d"
                .formatted(header + 8, header + 9),
            npy(plain, new byte[9])),
        refused(types + "'|O'", npy(dictionary("'|O'", "False", "(1,)"), one)),
        refused(types + "'|b1'", npy(dictionary("'|b1'", "False", "(1,)"), one)),
        refused(types + "'<u8'", npy(dictionary("'<u8'", "False", "(1,)"), one)),
        refused(types + "'|f8'", npy(dictionary("'|f8'", "False", "(1,)"), one)),
        refused(types + "'<c8'", npy(dictionary("'<c8'", "False", "(1,)"), one)),
        refused(
            types + "[('a', '<f4'), ('b', '<i2')]",
            npy(dictionary("[('a', '<f4'), ('b', '<i2')]", "False", "(1,)"), one)),
        refused(
            "expected a fortran_order of True or False, found 1",
            npy(dictionary("'<f8'", "1", "(1,)"), one)),
        refused(
            "expected a shape of one or two dimensions, found ()",
            npy(dictionary("'<f8'", "False", "()"), one)),
        refused(
            "expected a shape of one or two dimensions, found (1, 1, 1)",
            npy(dictionary("'<f8'", "False", "(1, 1, 1)"), one)),
        refused(
            "expected a shape of one or two dimensions, found (-1,)",
            npy(dictionary("'<f8'", "False", "(-1,)"), one)),
        refused(
            "expected at most 2147483639 elements, found shape (2147483640,)",
            npy(dictionary("'<f8'", "False", "(2147483640,)"), one)),
        refused(
            "expected at most 2147483639 elements, found shape (65536, 65536)",
            npy(dictionary("'<f8'", "False", "(65536, 65536)"), one)),
        refused(
            "expected at most 2147483639 elements, found shape (99999999999999999999,)",
            npy(dictionary("'<f8'", "False", "(99999999999999999999,)"), one)),
        refused(fields, npy("{'descr': '<f8', 'shape': (1,)}", one)),
        refused(fields, npy(plain.replace("}", "'shape': (1,)}"), one)),
        refused(fields, npy(plain.replace("}", "'more': 1}"), one)),
        refused(fields, npy(plain.replace("}", "+}"), one)),
        refused(fields, npy("[" + plain + "]", one)),
        refused(
            "expected integers within 2^53, which a double holds exactly, found 9007199254740993",
            npy(dictionary("'<i8'", "False", "(1,)"), RawFiles.hex("0100000000002000"))),
        refused(
            "expected integers within 2^53, which a double holds exactly, found -9007199254740993",
            npy(dictionary("'<i8'", "False", "(1,)"), RawFiles.hex("ffffffffffffdfff"))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badFiles")
  void theFileIsRefusedAndTheMessageSaysWhy(String message, byte[] bytes) {
    Path path = file(bytes);
    String found = assertThrows(CheckpointException.class, () -> NpyFile.read(path)).getMessage();
    assertTrue(found.startsWith(path + ": " + message), found);
  }

  @Test
  void aMissingFileIsNamed() {
    Path missing = directory.resolve("missing.npy");
    assertEquals(
        missing + ": expected a NumPy .npy file, found no such file",
        assertThrows(CheckpointException.class, () -> NpyFile.read(missing)).getMessage());
  }
}
