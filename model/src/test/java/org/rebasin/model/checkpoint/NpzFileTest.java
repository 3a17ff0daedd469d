package org.rebasin.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.tensor.Tensor;

class NpzFileTest {
  /**
   * Bytes of numpy.savez_compressed(f, **{"layers.0.weight": array([[1, 2, 3], [4, 5, 6]], "<f4"),
   * "a/b": array([1.5, -2], ">f2"), "c": asfortranarray(arange(12).reshape(2, 3, 2) / 8 + 1e-9),
   * "n": int64(7)}), by NumPy 1.24.
   */
  private static final String COMPRESSED =
      "UEsDBBQAAAAIAAAAIQB8nN6iWAAAAJgAAAATABQAbGF5ZXJzLjAud2VpZ2h0Lm5weQEAEACYAAAA"
          + "AAAAAFgAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNmoq6joJ6WX1RSlJgXn1+UkgoSd0vM"
          + "KU4FihdnJBakAvkaRjoKxpo6CrUKZAMuBoYGewYGBgcgAuIGIF4AxAccAFBLAwQUAAAACAAAACEA"
          + "WDQRlEgAAACEAAAABwAUAGEvYi5ucHkBABAAhAAAAAAAAABIAAAAAAAAAJvsF+obEMnIUMZQrZ6S"
          + "WpxcpG6loG6XZqSuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6mjoKtQoUAC47hgMM"
          + "AFBLAwQUAAAACAAAACEA1vEkQ4YAAADgAAAABQAUAGMubnB5AQAQAOAAAAAAAAAAhgAAAAAAAACb"
          + "7BfqGxDJyFDGUK2eklqcXKRupaBuk2ahrqOgnpZfVFKUmBefX5SSChIPKSpNBQoXZyQWpAK5GkY6"
          + "CsY6CkaaOgq1CmQCrqnX1F5w6wnaxRd0MjAwvLDf/0CIkYHhgr3BDhcg/4M9RPwBlP/FvvagKhMD"
          + "wwGo+Buo+htQ+U9Q8SdQ/jd7AFBLAwQUAAAACAAAACEAI7jwbEYAAACIAAAABQAUAG4ubnB5AQAQ"
          + "AIgAAAAAAAAARgAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2mhrqOgnpZfVFKUmBefX5SS"
          + "ChJ3S8wpTgWKF2ckFqQC+RqaOgq1ChQBLnYGCAAAUEsBAhQDFAAAAAgAAAAhAHyc3qJYAAAAmAAA"
          + "ABMAAAAAAAAAAAAAAIABAAAAAGxheWVycy4wLndlaWdodC5ucHlQSwECFAMUAAAACAAAACEAWDQR"
          + "lEgAAACEAAAABwAAAAAAAAAAAAAAgAGdAAAAYS9iLm5weVBLAQIUAxQAAAAIAAAAIQDW8SRDhgAA"
          + "AOAAAAAFAAAAAAAAAAAAAACAAR4BAABjLm5weVBLAQIUAxQAAAAIAAAAIQAjuPBsRgAAAIgAAAAF"
          + "AAAAAAAAAAAAAACAAdsBAABuLm5weVBLBQYAAAAABAAEANwAAABYAgAAAAA=";

  /**
   * Bytes of numpy.savez(f, k=asfortranarray(array([[1, 2, 3], [4, 5, 6]], ">i2")),
   * __metadata__=array('{"architecture": "mlp:2-3é😀"}')), by NumPy 1.24.
   */
  private static final String STORED =
      "UEsDBBQAAAAAAAAAIQBIpFaZjAAAAIwAAAAFABQAay5ucHkBABAAjAAAAAAAAACMAAAAAAAAAJNO"
          + "VU1QWQEAdgB7J2Rlc2NyJzogJz5pMicsICdmb3J0cmFuX29yZGVyJzogVHJ1ZSwgJ3NoYXBlJzog"
          + "KDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg"
          + "ICAgICAgICAgICAKAAEABAACAAUAAwAGUEsDBBQAAAAAAAAAIQDxeIDx9AAAAPQAAAAQABQAX19t"
          + "ZXRhZGF0YV9fLm5weQEAEAD0AAAAAAAAAPQAAAAAAAAAk05VTVBZAQB2AHsnZGVzY3InOiAnPFUy"
          + "OScsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgpLCB9ICAgICAgICAgICAgICAg"
          + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAp7AAAAIgAAAGEA"
          + "AAByAAAAYwAAAGgAAABpAAAAdAAAAGUAAABjAAAAdAAAAHUAAAByAAAAZQAAACIAAAA6AAAAIAAA"
          + "ACIAAABtAAAAbAAAAHAAAAA6AAAAMgAAAC0AAAAzAAAA6QAAAAD2AQAiAAAAfQAAAFBLAQIUAxQA"
          + "AAAAAAAAIQBIpFaZjAAAAIwAAAAFAAAAAAAAAAAAAACAAQAAAABrLm5weVBLAQIUAxQAAAAAAAAA"
          + "IQDxeIDx9AAAAPQAAAAQAAAAAAAAAAAAAACAAcMAAABfX21ldGFkYXRhX18ubnB5UEsFBgAAAAAC"
          + "AAIAcQAAAPkBAAAAAA==";

  @TempDir Path directory;

  private Path file(byte[] bytes) {
    return RawFiles.write(directory.resolve("model.npz"), bytes);
  }

  @Test
  void compressedArraysOfNumpyAreRead() {
    try (NpzFile file = NpzFile.open(file(Base64.getDecoder().decode(COMPRESSED)))) {
      assertEquals(
          List.of(
              new TensorDeclaration("layers.0.weight", DataType.F32, new long[] {2, 3}),
              new TensorDeclaration("a/b", DataType.F16, new long[] {2}),
              new TensorDeclaration("c", DataType.F32, new long[] {2, 3, 2}),
              new TensorDeclaration("n", DataType.I64, new long[0])),
          file.declarations());
      assertEquals(Map.of(), file.metadata());
      assertArrayEquals(
          new float[] {1, 2, 3, 4, 5, 6}, RawFiles.array(file.floats("layers.0.weight")));
      assertArrayEquals(new float[] {1.5f, -2}, RawFiles.array(file.floats("a/b")));
      // Wider values become the nearest floats, and columns become rows.
      float[] expected = new float[12];
      for (int i = 0; i < 12; i++) {
        expected[i] = (float) (i / 8.0 + 1e-9);
      }
      assertArrayEquals(expected, RawFiles.array(file.floats("c")));
      ByteBuffer count = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      file.readBytes("n", 0, count);
      assertEquals(7, count.getLong(0));
    }
  }

  @Test
  void storedArraysAndTheStringsOfNumpyAreRead() {
    try (NpzFile file = NpzFile.open(file(Base64.getDecoder().decode(STORED)))) {
      assertEquals(Map.of("architecture", "mlp:2-3é😀"), file.metadata());
      assertEquals(
          List.of(new TensorDeclaration("k", DataType.I16, new long[] {2, 3})),
          file.declarations());
      ByteBuffer values = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
      file.readBytes("k", 0, values);
      for (int i = 0; i < 6; i++) {
        assertEquals(i + 1, values.getShort(2 * i));
      }
      assertEquals(
          file.path() + ": k: expected an array of float16, float32 or float64, found I16",
          assertThrows(CheckpointException.class, () -> file.floats("k")).getMessage());
      assertEquals(
          file.path() + ": expected a tensor named \"x\", found k",
          assertThrows(CheckpointException.class, () -> file.floats("x")).getMessage());
    }
  }

  @Test
  void theFirstBytesTellTheFormatWhateverTheName() {
    Path odd = directory.resolve("model.safetensors");
    RawFiles.write(odd, Base64.getDecoder().decode(STORED));
    try (TensorFile file = TensorFile.open(odd)) {
      assertInstanceOf(NpzFile.class, file);
    }
    RawFiles.write(odd, zip(Map.of("archive/data.pkl", new byte[9])));
    String message =
        assertThrows(CheckpointException.class, () -> TensorFile.open(odd)).getMessage();
    assertTrue(message.contains("what appears to be a PyTorch file"), message);
  }

  @Test
  void aModelWithoutMetadataIsRecognisedByItsShapes() {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("w1.npy", npy("<f4", "(3, 2)", floats(1, 2, 3, 4, 5, 6)));
    entries.put("b1.npy", npy("<f4", "(3,)", floats(7, 8, 9)));
    entries.put("w2.npy", npy("<f4", "(2, 3)", floats(1, 2, 3, 4, 5, 6)));
    entries.put("b2.npy", npy("<f4", "(2,)", floats(7, 8)));
    try (ModelFile model = ModelFile.open(file(zip(entries)), Optional.empty());
        Tensor bias = model.read("b1")) {
      assertEquals("mlp:2-3-2", model.network().architecture());
      assertEquals(8, bias.values().get(1));
    }
  }

  @Test
  void aModelThatIsWrittenAsAnArchiveIsReadBackWithItsArchitecture() {
    Path safetensors = directory.resolve("model.safetensors");
    Path npz = directory.resolve("model.npz");
    float[] weight = {1, 2, 3, 4, 5, 6};
    List<TensorDeclaration> tensors =
        List.of(
            new TensorDeclaration("layers.0.weight", DataType.F32, new long[] {2, 3}),
            new TensorDeclaration("layers.0.bias", DataType.F32, new long[] {2}));
    String architecture = Mlp.of(3, 2).text();
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(
            safetensors, tensors, Map.of(ModelFile.ARCHITECTURE, architecture))) {
      writer.write("layers.0.weight", FloatBuffer.wrap(weight));
      writer.write("layers.0.bias", FloatBuffer.wrap(new float[] {-1, -2}));
      writer.commit();
    }
    try (ModelFile model = ModelFile.open(safetensors, Optional.empty())) {
      SafetensorsWriter.WrittenFile written = NpzWriter.write(model, npz);
      try (ModelFile copy = ModelFile.open(npz, Optional.empty())) {
        assertEquals(written.sha256(), copy.sha256());
        assertEquals(architecture, copy.network().architecture());
        assertEquals(model.metadata(), copy.metadata());
        copy.requireSameTensors(model);
        assertArrayEquals(weight, RawFiles.array(copy.weights().get("layers.0.weight").values()));
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "<u8 | (1,) | 8 | w.npy: expected a plain dtype of f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, found '<u8'",
        "<c8 | (1,) | 8 | w.npy: expected a plain dtype of f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, found '<c8'",
        "<O  | (1,) | 8 | w.npy: expected a plain dtype of f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, found '<O'",
        "<f4 | (3,) | 8 | w.npy: truncated: expected 140 bytes, found 136",
        "<f4 | (1,) | 8 | w.npy: bytes after the last element: expected 132 bytes, found 136",
        "<f4 | (-1,) | 8 | w.npy: expected a shape, found (-1,)",
        "<f4 | (99999999999999999999,) | 8 | w.npy: expected axis lengths below 2^63, found shape (99999999999999999999,)",
        "<f4 | (4294967296, 4294967296) | 8 | w: expected fewer than 2^63 bytes, found shape [4294967296, 4294967296], whose size overflows",
        "<f4 | (2147483648,) | 8 | w.npy: expected at most 2147483639 elements, found shape (2147483648,)",
      })
  void anEntryThatIsNoArrayOfItsSizeIsRefused(
      String descr, String shape, int bytes, String message) {
    assertRefused(zip(Map.of("w.npy", npy(descr, shape, new byte[bytes]))), message);
  }

  @Test
  void entriesThatAreNoArraysAreRefused() {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("w.npy", npy("<f4", "(1,)", floats(1)));
    entries.put("../evil.txt", new byte[3]);
    assertRefused(zip(entries), "../evil.txt: expected entries that end with .npy alone");
    assertRefused(
        zip(Map.of("w.npy", new byte[20])),
        "w.npy: expected a NumPy .npy file, found a file of 20 bytes without its magic string");
  }

  @Test
  void metadataThatAreNoStringsAreRefused() {
    assertRefused(
        zip(Map.of("__metadata__.npy", npy("<f4", "(1,)", floats(1)))),
        "__metadata__.npy: expected one Unicode string, found '<f4' of shape (1,)");
    assertRefused(
        zip(Map.of("__metadata__.npy", unicode("[1]"))),
        "__metadata__.npy: expected a JSON object of strings, found ARRAY");
    assertRefused(
        zip(Map.of("__metadata__.npy", unicode("{\"a\": 1}"))),
        "__metadata__.npy: a: expected a string, found NUMBER");
    assertRefused(
        zip(Map.of("__metadata__.npy", unicode("{"))),
        "__metadata__.npy: expected a JSON object, found text that does not parse: ");
    assertRefused(
        zip(Map.of("__metadata__.npy", npy("<U1", "()", new byte[] {-1, -1, -1, -1}))),
        "__metadata__.npy: expected Unicode characters, found 0xffffffff");
    assertRefused(
        zip(Map.of("__metadata__.npy", npy("<U999999999", "()", new byte[4]))),
        "__metadata__.npy: expected at most 100000000 bytes, found 3999999996");
  }

  @Test
  void aDamagedValueIsToldByItsChecksum() {
    byte[] bytes = Base64.getDecoder().decode(STORED);
    bytes[find(bytes, new byte[] {0, 1, 0, 4, 0, 2})] ^= 1;
    try (NpzFile file = NpzFile.open(file(bytes))) {
      String message =
          assertThrows(
                  CheckpointException.class, () -> file.readBytes("k", 0, ByteBuffer.allocate(12)))
              .getMessage();
      assertTrue(
          message.startsWith(file.path() + ": k.npy: expected the checksum 9956a448, found "),
          message);
    }
  }

  @Test
  void anArchiveThatBreaksOffIsRefused() {
    byte[] bytes = Base64.getDecoder().decode(STORED);
    assertRefused(
        Arrays.copyOf(bytes, 400), "expected a NumPy .npz archive, found a damaged one: ");
  }

  @Test
  void anEntryThatPromisesMoreThanItsBytesCanHoldIsRefused() {
    byte[] bytes = zip(Map.of("w.npy", npy("<f4", "(100000000,)", new byte[0])));
    promise(bytes, 400_000_128);
    assertRefused(bytes, "w.npy: promises 400000128 bytes, more than ");
  }

  @Test
  void anArchiveThatExistsToExhaustMemoryIsRefused() {
    byte[] noise = new byte[2_000_000];
    new Random(1).nextBytes(noise);
    byte[] bytes = zip(Map.of("w.npy", npy("<f4", "(300000000,)", noise)));
    promise(bytes, 1_200_000_128);
    assertRefused(bytes, "expected arrays of at most 128 times the archive's ");
  }

  /** Changes the size that the archive's directory tells of its only entry. */
  private static void promise(byte[] archive, int size) {
    int directory = find(archive, new byte[] {'P', 'K', 1, 2});
    ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN).putInt(directory + 24, size);
  }

  private static int find(byte[] bytes, byte[] wanted) {
    for (int at = 0; at + wanted.length <= bytes.length; at++) {
      if (Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length)) {
        return at;
      }
    }
    throw new AssertionError("not found");
  }

  private void assertRefused(byte[] bytes, String message) {
    Path path = file(bytes);
    String found = assertThrows(CheckpointException.class, () -> NpzFile.open(path)).getMessage();
    assertTrue(found.startsWith(path + ": " + message), found);
  }

  private static byte[] npy(String descr, String shape, byte[] values) {
    String dictionary =
        "{'descr': '%s', 'fortran_order': False, 'shape': %s, }".formatted(descr, shape);
    String padded = dictionary + " ".repeat(117 - dictionary.length()) + "\n";
    return RawFiles.join(RawFiles.latin1("\u0093NUMPY\1\0v\0" + padded), values);
  }

  private static byte[] unicode(String text) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * text.length()).order(ByteOrder.LITTLE_ENDIAN);
    text.chars().forEach(bytes::putInt);
    return npy("<U" + text.length(), "()", bytes.array());
  }

  private static byte[] floats(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  private static byte[] zip(Map<String, byte[]> entries) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
        zip.closeEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
