package org.rebasin.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every way in which a file can fail to be a safetensors file, and what is said of it. */
class SafetensorsRefusalTest {
  @TempDir Path directory;

  private static final String TORCH =
      "; convert it with: safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")";
  private static final String NUMPY =
      "; convert it with: safetensors.numpy.save_file({name: array, ...}, \"model.safetensors\")";

  private static Arguments refused(byte[] bytes, String message) {
    return Arguments.of(message, bytes);
  }

  private static Arguments refused(String json, int dataBytes, String message) {
    return refused(RawFiles.safetensors(json, new byte[dataBytes]), message);
  }

  /** A header of one tensor. */
  private static String tensor(String type, String shape, String offsets) {
    return "{\"w\":{\"dtype\":%s,\"shape\":%s,\"data_offsets\":%s}}"
        .formatted(type, shape, offsets);
  }

  private static String two(String first, String second) {
    return ("{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":%s},"
            + "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":%s}}")
        .formatted(first, second);
  }

  private static byte[] zip(String firstName) {
    byte[] local = new byte[30];
    local[0] = 'P';
    local[1] = 'K';
    local[2] = 3;
    local[3] = 4;
    local[4] = 20;
    local[26] = (byte) firstName.length();
    return RawFiles.join(local, RawFiles.latin1(firstName + "and its bytes"));
  }

  static Stream<Arguments> otherFiles() {
    String found = "expected a safetensors or .npz file, found ";
    return Stream.of(
        refused(new byte[0], found + "a file of 0 bytes, too short for a header"),
        refused(new byte[8], found + "a file of 8 bytes, too short for a header"),
        refused(
            RawFiles.latin1("\1\0\0\0\0\0\0\0["),
            found + "a header that begins with byte 0x5b, not '{'"),
        refused(
            RawFiles.latin1("\1\u00e1\u00f5\5\0\0\0\0{}"),
            found + "a header length of 100000001 bytes, beyond the bound of 100000000"),
        refused(
            RawFiles.latin1("\u00ff".repeat(8) + "{}"),
            found + "a header length of 18446744073709551615 bytes, beyond the bound of 100000000"),
        refused(
            zip("archive/data.pkl"),
            found + "what appears to be a PyTorch file (the zip archive of torch.save)" + TORCH),
        refused(
            RawFiles.hex("80 02 8a 0a 6c fc 9c 46 f9 20 6a a8 50 19 2e"),
            found
                + "what appears to be a PyTorch file (a Python pickle, as torch.save wrote before 1.6)"
                + TORCH),
        // Its first eight bytes are an acceptable header length.
        refused(
            RawFiles.hex("80 04 95 05 00 00 00 00 00 00 00 5d 2e"),
            found
                + "what appears to be a PyTorch file (a Python pickle, as torch.save wrote before 1.6)"
                + TORCH),
        refused(zip("fc1.npy"), found + "what appears to be a NumPy .npz archive" + NUMPY),
        refused(
            zip("word/document.xml"),
            found + "what appears to be a zip archive, perhaps of torch.save" + TORCH),
        refused(
            RawFiles.latin1("PK\3\4 cut"),
            found + "what appears to be a zip archive, perhaps of torch.save" + TORCH),
        refused(
            RawFiles.latin1("\u0093NUMPY\1\0v\0{'descr'"),
            found + "what appears to be a NumPy .npy array" + NUMPY),
        refused(
            RawFiles.latin1("\u0089HDF\r\n\u001a\n\0\0\0\0"),
            found + "what appears to be an HDF5 file, perhaps of Keras" + NUMPY),
        refused(
            RawFiles.latin1("x = input(784)\n"),
            found
                + "what appears to be text; an architecture file describes a network and holds no weights"),
        refused(
            RawFiles.latin1("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a"),
            found
                + "what appears to be a Git LFS pointer in place of the file itself; fetch it with: git lfs pull"));
  }

  static Stream<Arguments> brokenFiles() {
    String fits = tensor("\"F32\"", "[2]", "[0,8]");
    int header = 8 + fits.length();
    return Stream.of(
        refused(
            RawFiles.latin1("d\0\0\0\0\0\0\0{\"w\":"),
            "truncated: expected a header of 100 bytes after the first 8, found a file of 13 bytes"),
        refused(
            fits, 7, "truncated: expected %d bytes, found %d".formatted(header + 8, header + 7)),
        refused(
            fits,
            9,
            "bytes after the last tensor: expected %d bytes, found %d"
                .formatted(header + 8, header + 9)),
        refused("{\"w\":", 0, "expected a JSON header, found one that does not parse: "),
        refused("{} {}", 0, "expected only spaces after the header's JSON object, found {"),
        refused("{}\0", 0, "expected a JSON header, found one that does not parse: "),
        refused(
            RawFiles.safetensors("{\"w?\":1}", new byte[0]), "w?: expected a JSON object, found 1"),
        refused(
            "{\"\\ud800\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}",
            0,
            "expected a name of valid Unicode characters"),
        refused(
            "{\"w\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},"
                + "\"w\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}",
            0,
            "the header: expected every key once, found \"w\" twice"),
        refused(
            "{\"w\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}",
            0,
            "w: expected every key once, found \"dtype\" twice"),
        refused(
            "{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}",
            0,
            "__metadata__: expected every key once, found \"k\" twice"),
        refused("{\"__metadata__\":{\"k\":1}}", 0, "metadata k: expected a string, found 1"),
        refused(
            "{\"__metadata__\":{\"k\":\"\\ud800\"}}",
            0,
            "metadata k: expected valid Unicode characters, found "),
        refused("{\"__metadata__\":[]}", 0, "__metadata__: expected a JSON object, found ["),
        refused(
            "{\"w\":{\"dtype\":\"U8\",\"shape\":[0]}}",
            0,
            "w: expected dtype, shape and data_offsets, found only some of them"),
        refused(tensor("\"F33\"", "[0]", "[0,0]"), 0, "w: expected a dtype of [BOOL, U8, "),
        refused(tensor("7", "[0]", "[0,0]"), 0, "w: dtype: expected a string, found 7"),
        refused(
            tensor("\"U8\"", "{}", "[0,0]"), 0, "w: shape: expected an array of integers, found {"),
        refused(
            tensor("\"U8\"", "[1.5]", "[0,0]"), 0, "w: shape: expected only integers, found 1.5"),
        refused(
            tensor("\"U8\"", "[9223372036854775808]", "[0,0]"),
            0,
            "w: shape: expected integers below 2^63, found 9223372036854775808"),
        refused(
            tensor("\"U8\"", "[-1,-4]", "[0,4]"),
            4,
            "w: expected no negative dimension, found shape [-1, -4]"),
        refused(
            tensor("\"U8\"", "[4294967296,4294967296]", "[0,0]"),
            0,
            "w: expected fewer than 2^63 bytes, found shape [4294967296, 4294967296], whose size overflows"),
        refused(
            tensor("\"F32\"", "[4611686018427387904]", "[0,0]"),
            0,
            "w: expected fewer than 2^63 bytes, found shape [4611686018427387904], whose size overflows"),
        refused(
            tensor("\"U8\"", "[4]", "[4,0]"),
            4,
            "w: expected data_offsets [begin, end] with 0 <= begin <= end, found [4, 0]"),
        refused(
            tensor("\"U8\"", "[4]", "[-4,0]"),
            4,
            "w: expected data_offsets [begin, end] with 0 <= begin <= end, found [-4, 0]"),
        refused(
            tensor("\"U8\"", "[4]", "[4]"),
            4,
            "w: expected data_offsets [begin, end] with 0 <= begin <= end, found [4]"),
        refused(
            tensor("\"U8\"", "[4]", "[9223372036854775803,9223372036854775807]"),
            4,
            "w: expected data_offsets [begin, end] with 0 <= begin <= end, found "),
        refused(
            tensor("\"F32\"", "[2,3]", "[0,20]"),
            20,
            "w: expected 24 bytes for F32 of shape [2, 3], found data_offsets [0, 20], which are 20"),
        refused(
            two("[0,4]", "[3,7]"),
            7,
            "b: expected data_offsets to begin at 4, where a ends, found 3, which leaves an overlap"),
        refused(
            two("[0,4]", "[0,4]"),
            4,
            "b: expected data_offsets to begin at 4, where a ends, found 0, which leaves an overlap"),
        refused(
            two("[6,10]", "[0,4]"),
            10,
            "a: expected data_offsets to begin at 4, where b ends, found 6, which leaves a hole"),
        refused(
            two("[2,6]", "[6,10]"),
            10,
            "a: expected data_offsets to begin at 0, where the header ends, found 2, which leaves a hole"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"otherFiles", "brokenFiles"})
  void theFileIsRefusedAndTheMessageSaysWhy(String message, byte[] bytes) {
    Path path = RawFiles.write(directory.resolve("a.safetensors"), bytes);
    String found =
        assertThrows(CheckpointException.class, () -> SafetensorsFile.open(path)).getMessage();
    assertTrue(found.startsWith(path + ": "), found);
    assertTrue(found.contains(message), found);
  }

  @Test
  void aHeaderThatIsNotUtf8IsRefused() {
    byte[] bytes = RawFiles.safetensors("{\"w\":1}", new byte[0]);
    bytes[10] = (byte) 0xff;
    Path path = RawFiles.write(directory.resolve("a.safetensors"), bytes);
    assertEquals(
        path + ": expected a header in UTF-8, found invalid bytes",
        assertThrows(CheckpointException.class, () -> SafetensorsFile.open(path)).getMessage());
    byte[] utf16 = "{\"w\":1}".getBytes(StandardCharsets.UTF_16LE);
    byte[] file = RawFiles.join(RawFiles.latin1((char) utf16.length + "\0\0\0\0\0\0\0"), utf16);
    RawFiles.write(path, file);
    assertThrows(CheckpointException.class, () -> SafetensorsFile.open(path));
  }

  @Test
  void deepNestingIsRefusedWithoutExhaustingTheStack() {
    String json = "{\"w\":{\"dtype\":" + "[".repeat(100_000);
    Path path =
        RawFiles.write(directory.resolve("a.safetensors"), RawFiles.safetensors(json, new byte[0]));
    assertThrows(CheckpointException.class, () -> SafetensorsFile.open(path));
    String skipped = "{\"w\":{\"unknown\":" + "[".repeat(100_000);
    RawFiles.write(path, RawFiles.safetensors(skipped, new byte[0]));
    String message =
        assertThrows(CheckpointException.class, () -> SafetensorsFile.open(path)).getMessage();
    assertTrue(message.contains("expected a JSON header"), message);
  }

  @Test
  void aDirectoryAndAMissingFileAreTold() {
    assertEquals(
        directory + ": expected a safetensors or .npz file, found a directory",
        assertThrows(CheckpointException.class, () -> SafetensorsFile.open(directory))
            .getMessage());
    Path missing = directory.resolve("missing.safetensors");
    assertEquals(
        missing + ": expected a safetensors or .npz file, found no such file",
        assertThrows(CheckpointException.class, () -> SafetensorsFile.open(missing)).getMessage());
    Path below = RawFiles.write(directory.resolve("file"), new byte[1]).resolve("below");
    assertTrue(
        assertThrows(CheckpointException.class, () -> SafetensorsFile.open(below))
            .getMessage()
            .startsWith(below + ": "));
  }
}
