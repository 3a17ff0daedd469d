package org.rebasin.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.model.checkpoint.SafetensorsWriter.WrittenFile;

class SafetensorsWriterTest {
  @TempDir Path directory;

  private static TensorDeclaration tensor(String name, DataType type, long... shape) {
    return new TensorDeclaration(name, type, shape);
  }

  private static FloatBuffer floats(float... values) {
    return FloatBuffer.wrap(values);
  }

  private Path target() {
    return directory.resolve("merged.safetensors");
  }

  private SafetensorsWriter writer(TensorDeclaration... tensors) {
    return SafetensorsWriter.create(target(), List.of(tensors), Map.of());
  }

  private List<Path> files() {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void theBytesAreThoseOfTheFormat() throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("seed", "1");
    metadata.put("architecture", "mlp \"é\"");
    WrittenFile written;
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(
            target(),
            List.of(
                tensor("w", DataType.F32, 2, 1),
                tensor("h", DataType.F16, 2),
                tensor("b", DataType.BF16, 2),
                tensor("none", DataType.F32, 0),
                tensor("n", DataType.I64)),
            metadata)) {
      writer.write("w", floats(1));
      writer.write("w", floats(-2));
      writer.write("h", floats(1, 65520));
      writer.write("b", floats(1, 1 + 0x1.8p-7f));
      writer.writeBytes("n", ByteBuffer.wrap(RawFiles.hex("0102030405060708")));
      written = writer.commit();
    }
    String json =
        "{\"__metadata__\":{\"architecture\":\"mlp \\\"é\\\"\",\"seed\":\"1\"},"
            + "\"w\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
            + "\"h\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[8,12]},"
            + "\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[12,16]},"
            + "\"none\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[16,16]},"
            + "\"n\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[16,24]}}";
    // One letter takes two bytes; the values begin at the next multiple of 64.
    int spaces = -(8 + json.length() + 1) & 63;
    byte[] expected =
        RawFiles.safetensors(
            json + " ".repeat(spaces),
            RawFiles.hex("0000803f 000000c0" + "003c 007c" + "803f 823f" + "0102030405060708"));
    assertEquals(0, (expected.length - 24) % 64);
    assertArrayEquals(expected, Files.readAllBytes(target()));
    assertEquals(target(), written.path());
    assertEquals(expected.length, written.bytes());
    try (SafetensorsFile file = SafetensorsFile.open(target())) {
      assertEquals(file.sha256(), written.sha256());
      assertEquals("mlp \"é\"", file.metadata().get("architecture"));
    }
    assertEquals(List.of(target()), files());
  }

  @Test
  void aFileWithoutTensorsIsWrittenAndRead() {
    try (SafetensorsWriter writer = writer()) {
      assertEquals(64, writer.commit().bytes());
    }
    try (SafetensorsFile file = SafetensorsFile.open(target())) {
      assertTrue(file.entries().isEmpty());
    }
  }

  @Test
  void tensorsOfEveryTypeAreCopiedUnchanged() throws IOException {
    int count = FloatCodec.CHUNK_BYTES / 8 + 3;
    byte[] counters = new byte[8 * count];
    for (int i = 0; i < counters.length; i++) {
      counters[i] = (byte) (i % 251);
    }
    TensorDeclaration[] tensors = {
      tensor("n", DataType.I64, count), tensor("h", DataType.F16, 1), tensor("e", DataType.U8, 0)
    };
    try (SafetensorsWriter writer = writer(tensors)) {
      writer.writeBytes("n", ByteBuffer.wrap(counters));
      // A signalling NaN, which arithmetic would change.
      writer.writeBytes("h", ByteBuffer.wrap(RawFiles.hex("017d")));
      writer.commit();
    }
    Path copy = directory.resolve("copy.safetensors");
    try (SafetensorsFile source = SafetensorsFile.open(target());
        SafetensorsWriter writer = SafetensorsWriter.create(copy, List.of(tensors), Map.of())) {
      for (TensorEntry entry : source.entries()) {
        writer.copy(entry.name(), source);
      }
      assertEquals(source.sha256(), writer.commit().sha256());
    }
    assertArrayEquals(Files.readAllBytes(target()), Files.readAllBytes(copy));
  }

  @Test
  void aCopyOfAnotherTypeOrShapeIsRefused() {
    try (SafetensorsWriter writer = writer(tensor("w", DataType.F32, 2))) {
      writer.write("w", floats(1, 2));
      writer.commit();
    }
    Path copy = directory.resolve("copy.safetensors");
    try (SafetensorsFile source = SafetensorsFile.open(target());
        SafetensorsWriter writer =
            SafetensorsWriter.create(copy, List.of(tensor("w", DataType.F16, 2)), Map.of())) {
      assertEquals(
          "expected w F16[2], found w F32[2] in " + target(),
          assertThrows(IllegalArgumentException.class, () -> writer.copy("w", source))
              .getMessage());
    }
    try (SafetensorsFile source = SafetensorsFile.open(target());
        SafetensorsWriter writer =
            SafetensorsWriter.create(copy, List.of(tensor("w", DataType.F32, 2)), Map.of())) {
      writer.write("w", floats(1));
      assertThrows(IllegalStateException.class, () -> writer.copy("w", source));
    }
  }

  @Test
  void closingWithoutCommitLeavesWhatWasThere() throws IOException {
    Files.writeString(target(), "before");
    try (SafetensorsWriter writer = writer(tensor("w", DataType.F32, 1))) {
      writer.write("w", floats(1));
      assertEquals(2, files().size());
    }
    assertEquals(List.of(target()), files());
    assertEquals("before", Files.readString(target()));
  }

  @Test
  void theFileAppearsOnlyWithTheCommitAndReplacesWhatWasThere() throws IOException {
    Files.writeString(target(), "before");
    try (SafetensorsWriter writer = writer(tensor("w", DataType.F32, 1))) {
      writer.write("w", floats(1));
      assertEquals("before", Files.readString(target()));
      writer.commit();
      assertThrows(IllegalStateException.class, writer::commit);
    }
    try (SafetensorsFile file = SafetensorsFile.open(target())) {
      assertEquals(1, file.floats("w").get(0));
    }
  }

  @Test
  void behindASymbolicLinkTheFileItPointsToIsReplaced() throws IOException {
    Path real = Files.writeString(directory.resolve("real.safetensors"), "before");
    Files.createSymbolicLink(target(), real.getFileName());
    try (SafetensorsWriter writer = writer()) {
      writer.commit();
    }
    assertTrue(Files.isSymbolicLink(target()));
    assertEquals(64, Files.size(real));
  }

  @Test
  void aTensorOutOfTurnIsRefusedByName() {
    try (SafetensorsWriter writer =
        writer(tensor("a", DataType.F16, 2), tensor("b", DataType.F32, 1))) {
      assertEquals(
          target() + ": expected at most 4 more bytes of a F16[2], found 4 of b F32[1]",
          assertThrows(IllegalStateException.class, () -> writer.write("b", floats(1)))
              .getMessage());
      assertEquals(
          target() + ": expected a declared tensor, found \"c\"",
          assertThrows(IllegalStateException.class, () -> writer.write("c", floats(1)))
              .getMessage());
      assertEquals(
          target() + ": expected at most 4 more bytes of a F16[2], found 6 of a F16[2]",
          assertThrows(IllegalStateException.class, () -> writer.write("a", floats(1, 2, 3)))
              .getMessage());
      writer.write("a", floats(1));
      assertEquals(
          target() + ": expected 2 more bytes of a F16[2] before the commit",
          assertThrows(IllegalStateException.class, writer::commit).getMessage());
      writer.write("a", floats(2));
      assertThrows(IllegalStateException.class, () -> writer.write("a", floats(1)));
      writer.write("b", floats(3));
      assertEquals(
          target() + ": expected no more bytes, found 4 of b F32[1]",
          assertThrows(IllegalStateException.class, () -> writer.write("b", floats(1)))
              .getMessage());
      // What was refused has left no bytes behind.
      writer.commit();
    }
    try (SafetensorsFile file = SafetensorsFile.open(target())) {
      assertArrayEquals(new float[] {1, 2}, RawFiles.array(file.floats("a")));
      assertArrayEquals(new float[] {3}, RawFiles.array(file.floats("b")));
    }
  }

  @Test
  void floatsAreNotWrittenAsIntegers() {
    try (SafetensorsWriter writer = writer(tensor("n", DataType.I32, 1))) {
      assertEquals(
          "n: expected F32, F16 or BF16, found I32",
          assertThrows(IllegalArgumentException.class, () -> writer.write("n", floats(1)))
              .getMessage());
    }
  }

  @Test
  void aPlaceThatCannotBeWrittenIsRefusedBeforeAnyWork() throws IOException {
    assertRefused(directory, "expected a file to write to, found a directory");
    Path missing = directory.resolve("no").resolve("such.safetensors");
    assertRefused(missing, "expected a directory to write to, found none: " + missing.getParent());
    Path file = Files.writeString(directory.resolve("file"), "before");
    assertRefused(
        file.resolve("below.safetensors"),
        "expected a directory to write to, found a file: " + file);
    assertRefused(directory.resolve("n".repeat(300)), "cannot be written: ");
    assertEquals(List.of(file), files());
  }

  private static void assertRefused(Path path, String message) {
    String found =
        assertThrows(
                CheckpointException.class,
                () -> SafetensorsWriter.create(path, List.of(), Map.of()))
            .getMessage();
    assertTrue(found.startsWith(path + ": " + message), found);
  }

  @Test
  void aHeaderThatNoReaderWouldAcceptIsRefused() {
    TensorDeclaration huge = tensor("w", DataType.U8, Long.MAX_VALUE);
    assertHeaderRefused(List.of(tensor("w", DataType.U8), tensor("w", DataType.F32)), Map.of());
    assertHeaderRefused(List.of(huge, tensor("v", DataType.U8, 1)), Map.of());
    assertHeaderRefused(List.of(), Map.of("key", "\ud800"));
    assertHeaderRefused(List.of(), Map.of("\udc00", "value"));
    assertHeaderRefused(List.of(), Map.of("key", "v".repeat(100_000_000)));
    assertThrows(IllegalArgumentException.class, () -> tensor("__metadata__", DataType.U8));
    assertThrows(IllegalArgumentException.class, () -> tensor("\ud800", DataType.U8));
    assertThrows(IllegalArgumentException.class, () -> tensor("w", DataType.U8, -1));
    assertFalse(Files.exists(target()));
    assertTrue(files().isEmpty());
  }

  private void assertHeaderRefused(List<TensorDeclaration> tensors, Map<String, String> metadata) {
    assertThrows(
        IllegalArgumentException.class,
        () -> SafetensorsWriter.create(target(), tensors, metadata));
  }

  @Test
  void writingAfterCloseIsRefused() {
    SafetensorsWriter writer = writer(tensor("w", DataType.F32, 1));
    writer.close();
    writer.close();
    assertThrows(CheckpointException.class, () -> writer.write("w", floats(1)));
    assertThrows(IllegalStateException.class, writer::commit);
  }

  @Test
  void aDeclarationKeepsItsOwnShape() {
    long[] shape = {2, 3};
    TensorDeclaration declaration = tensor("w", DataType.F32, shape);
    shape[0] = 7;
    declaration.shape()[1] = 7;
    assertEquals(tensor("w", DataType.F32, 2, 3), declaration);
    assertEquals(tensor("w", DataType.F32, 2, 3).hashCode(), declaration.hashCode());
    assertEquals(6, declaration.elements());
    assertEquals(24, declaration.bytes());
  }
}
