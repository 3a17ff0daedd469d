package org.rebasin.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsFileTest {
  @TempDir Path directory;

  private Path file(String json, String data) {
    return file(json, RawFiles.hex(data));
  }

  private Path file(String json, byte[] data) {
    return RawFiles.write(directory.resolve("a.safetensors"), RawFiles.safetensors(json, data));
  }

  /** The example in the documentation of the reference implementation, huggingface/safetensors. */
  @Test
  void theExampleOfTheReferenceImplementationIsRead() {
    byte[] bytes =
        RawFiles.latin1(
            "<\0\0\0\0\0\0\0{\"test\":{\"dtype\":\"I32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}"
                + "\0".repeat(16));
    try (SafetensorsFile file =
        SafetensorsFile.open(RawFiles.write(directory.resolve("a.safetensors"), bytes))) {
      TensorEntry test = file.entry("test");
      assertEquals(
          new TensorDeclaration("test", DataType.I32, new long[] {2, 2}), test.declaration());
      assertEquals(68, test.position());
      assertEquals(84, test.end());
      assertEquals(84, file.size());
      assertTrue(file.metadata().isEmpty());
    }
  }

  @Test
  void entriesAreInTheOrderOfTheirBytesAndMetadataInTheOrderOfTheHeader() {
    Path path =
        file(
            """
            {"z":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},
             "__metadata__":{"format":"pt","arch":"mlp:2-1"},
             "a":{"shape":[2],"data_offsets":[0,2],"dtype":"BOOL","later":{"addition":[1]}},
             "empty":{"dtype":"F32","shape":[0,7],"data_offsets":[2,2]}}  \s""",
            "000101");
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertEquals(
          List.of("a", "empty", "z"), file.entries().stream().map(TensorEntry::name).toList());
      assertEquals(List.of("format", "arch"), List.copyOf(file.metadata().keySet()));
      assertEquals("mlp:2-1", file.metadata().get("arch"));
      assertEquals(0, file.floats("empty").remaining());
      assertTrue(file.contains("z"));
      assertFalse(file.contains("__metadata__"));
      assertThrows(UnsupportedOperationException.class, () -> file.entries().clear());
      assertThrows(UnsupportedOperationException.class, () -> file.metadata().clear());
    }
  }

  @Test
  void everyFloatTypeIsReadExactlyMappedOrNot() {
    // 1, -2, smallest normal, smallest subnormal, infinity; a spacer; the same again, unaligned.
    String singles = "0000803f 000000c0 00008000 01000000 0000807f";
    String json =
        """
        {"f32":{"dtype":"F32","shape":[5],"data_offsets":[0,20]},
         "f16":{"dtype":"F16","shape":[5],"data_offsets":[20,30]},
         "bf16":{"dtype":"BF16","shape":[2,2],"data_offsets":[30,38]},
         "spacer":{"dtype":"U8","shape":[],"data_offsets":[38,39]},
         "unaligned":{"dtype":"F32","shape":[5],"data_offsets":[39,59]}}""";
    // So many spaces that the first tensor is aligned to four bytes.
    json += " ".repeat(-json.length() & 3);
    Path path =
        file(json, singles + "003c 00c0 0004 0100 007c" + "803f 00c0 0100 80ff" + "07" + singles);
    float[] expected = {1, -2, Float.MIN_NORMAL, Float.MIN_VALUE, Float.POSITIVE_INFINITY};
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertEquals(0, file.entry("f32").position() % 4);
      assertEquals(3, file.entry("unaligned").position() % 4);
      for (String name : List.of("f32", "unaligned")) {
        assertTrue(file.floats(name).isDirect());
        assertArrayEquals(expected, RawFiles.array(file.floats(name)), name);
        assertArrayEquals(expected, read(file, name), name);
      }
      float[] halves = {1, -2, 0x1p-14f, 0x1p-24f, Float.POSITIVE_INFINITY};
      assertTrue(file.floats("f16").isDirect());
      assertArrayEquals(halves, RawFiles.array(file.floats("f16")));
      assertArrayEquals(halves, read(file, "f16"));
      float[] brain = {1, -2, 0x1p-133f, Float.NEGATIVE_INFINITY};
      assertArrayEquals(brain, RawFiles.array(file.floats("bf16")));
      assertArrayEquals(brain, read(file, "bf16"));
    }
  }

  private static float[] read(SafetensorsFile file, String name) {
    float[] values = new float[(int) file.entry(name).elements()];
    FloatBuffer target = FloatBuffer.wrap(values);
    file.readInto(name, target);
    assertFalse(target.hasRemaining());
    return values;
  }

  @Test
  void valuesBeyondOneChunkKeepTheirPlaces() {
    int count = 3 * FloatCodec.CHUNK_BYTES / 2 + 1;
    ByteBuffer data = ByteBuffer.allocate(6 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      data.putShort((short) (i % 0x7c00));
    }
    for (int i = 0; i < count; i++) {
      data.putFloat(i);
    }
    Path path =
        file(
            """
            {"h":{"dtype":"F16","shape":[%d],"data_offsets":[0,%d]},
             "f":{"dtype":"F32","shape":[%d],"data_offsets":[%d,%d]}}"""
                .formatted(count, 2 * count, count, 2 * count, 6 * count),
            data.array());
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      float[] halves = RawFiles.array(file.floats("h"));
      float[] floats = read(file, "f");
      for (int i = 0; i < count; i++) {
        assertEquals(SixteenBitFloats.halfToFloat((short) (i % 0x7c00)), halves[i]);
        assertEquals(i, floats[i]);
      }
    }
  }

  @Test
  void bytesOfAnyTypeAreReadUnchangedAndWithinTheTensorOnly() {
    Path path =
        file("{\"n\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]}}", "0102030405060708");
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      ByteBuffer middle = ByteBuffer.allocate(3);
      file.readBytes("n", 2, middle);
      assertArrayEquals(new byte[] {3, 4, 5}, middle.array());
      assertThrows(
          IllegalArgumentException.class, () -> file.readBytes("n", 6, ByteBuffer.allocate(3)));
      assertThrows(
          IllegalArgumentException.class, () -> file.readBytes("n", -1, ByteBuffer.allocate(3)));
    }
  }

  @Test
  void integersAreListedButNotReadAsFloats() {
    Path path =
        file(
            "{\"bn.num_batches_tracked\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]}}",
            new byte[8]);
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertEquals(DataType.I64, file.entry("bn.num_batches_tracked").dataType());
      String message =
          assertThrows(CheckpointException.class, () -> file.floats("bn.num_batches_tracked"))
              .getMessage();
      assertEquals(
          path + ": bn.num_batches_tracked: expected F32, F16 or BF16, found I64", message);
      assertThrows(
          CheckpointException.class,
          () -> file.readInto("bn.num_batches_tracked", FloatBuffer.allocate(1)));
    }
  }

  @Test
  void aMissingTensorIsNamedTogetherWithSomeThatAreThere() {
    StringBuilder json = new StringBuilder("{");
    for (int i = 0; i < 10; i++) {
      json.append("\"w%d\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}".formatted(i));
      json.append(i < 9 ? "," : "}");
    }
    try (SafetensorsFile file = SafetensorsFile.open(file(json.toString(), ""))) {
      String message =
          assertThrows(CheckpointException.class, () -> file.floats("fc1.weight")).getMessage();
      assertTrue(
          message.endsWith(
              "expected a tensor named \"fc1.weight\", found w0, w1, w2, w3, w4, w5, w6, w7 and 2 more"),
          message);
    }
    try (SafetensorsFile file = SafetensorsFile.open(file("{}", ""))) {
      String message = assertThrows(CheckpointException.class, () -> file.entry("w")).getMessage();
      assertTrue(message.endsWith("found no tensors at all"), message);
    }
  }

  @Test
  void aTargetOfAnotherSizeIsRefused() {
    Path path =
        file("{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", new byte[8]);
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      String message =
          assertThrows(
                  IllegalArgumentException.class, () -> file.readInto("w", FloatBuffer.allocate(3)))
              .getMessage();
      assertEquals("w: expected a target of 2 floats, found 3", message);
    }
  }

  /** Of the sixteen bytes of the file, as computed by coreutils' sha256sum. */
  @Test
  void theHashIsThatOfTheWholeFile() {
    try (SafetensorsFile file = SafetensorsFile.open(file("{}      ", ""))) {
      String expected = "9bbcbf73561f6bc5d0a17ea6a2081feed2d1304e87602d8c502d9a5c4bd85576";
      assertEquals(expected, file.sha256());
      assertEquals(expected, file.sha256());
    }
  }

  @Test
  void aFileCutAfterItWasOpenedIsNoticed() throws IOException {
    Path path =
        file("{\"w\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}", new byte[4]);
    try (SafetensorsFile file = SafetensorsFile.open(path);
        RandomAccessFile cut = new RandomAccessFile(path.toFile(), "rw")) {
      cut.setLength(file.size() - 1);
      String message = assertThrows(CheckpointException.class, () -> file.floats("w")).getMessage();
      assertTrue(message.contains("it has changed since it was opened"), message);
    }
  }

  @Test
  void anOpenFileSurvivesItsReplacement() throws IOException {
    String json = "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    json += " ".repeat(-json.length() & 3);
    Path path = file(json, "0000803f");
    SafetensorsFile file = SafetensorsFile.open(path);
    Path other = directory.resolve("other");
    Files.move(RawFiles.write(other, new byte[1]), path, StandardCopyOption.REPLACE_EXISTING);
    assertEquals(1, file.floats("w").get(0));
    file.close();
    String message =
        assertThrows(CheckpointException.class, () -> file.readInto("w", FloatBuffer.allocate(1)))
            .getMessage();
    assertTrue(message.contains("ClosedChannelException"), message);
  }

  @Test
  void tensorsBeyondTwoGibibytesAreMappedOneByOneAndAnOversizeOneIsRefused() throws IOException {
    long spacer = 2_600_000_000L;
    long oversize = 1L << 31;
    String json =
        """
        {"spacer":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]},
         "w":{"dtype":"F32","shape":[2],"data_offsets":[%d,%d]},
         "oversize":{"dtype":"F32","shape":[%d],"data_offsets":[%d,%d]}}"""
            .formatted(
                spacer,
                spacer,
                spacer,
                spacer + 8,
                oversize / 4,
                spacer + 8,
                spacer + 8 + oversize);
    json += " ".repeat(-json.length() & 3);
    Path path = file(json, "");
    long header = Files.size(path);
    // Sparse: only the pages that are written take space.
    try (RandomAccessFile sparse = new RandomAccessFile(path.toFile(), "rw")) {
      sparse.setLength(header + spacer + 8 + oversize);
      sparse.seek(header + spacer);
      sparse.write(RawFiles.hex("0000803f 000000c0"));
    }
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertArrayEquals(new float[] {1, -2}, RawFiles.array(file.floats("w")));
      assertArrayEquals(new float[] {1, -2}, read(file, "w"));
      String message =
          assertThrows(CheckpointException.class, () -> file.floats("oversize")).getMessage();
      assertTrue(message.contains("expected at most 536870911 elements"), message);
      assertTrue(message.contains("found 536870912"), message);
    }
  }
}
