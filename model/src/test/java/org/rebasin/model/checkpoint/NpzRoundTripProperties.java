package org.rebasin.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

class NpzRoundTripProperties {
  private static final List<DataType> TYPES =
      List.of(
          DataType.F32,
          DataType.F16,
          DataType.BF16,
          DataType.I64,
          DataType.I32,
          DataType.I16,
          DataType.I8,
          DataType.U8);
  private static Path directory;

  @BeforeContainer
  static void createDirectory() throws IOException {
    directory = Files.createTempDirectory("npz");
  }

  @AfterContainer
  static void deleteDirectory() throws IOException {
    for (String name : List.of("a.safetensors", "b.npz", "c.npz", "d.npz")) {
      Files.deleteIfExists(directory.resolve(name));
    }
    Files.delete(directory);
  }

  @Property(tries = 40, seed = "1")
  void whatIsWrittenIsReadBackAndEqualModelsGiveEqualBytes(
      @ForAll long seed, @ForAll @IntRange(max = 6) int count) throws IOException {
    Random random = new Random(seed);
    List<TensorDeclaration> tensors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long[] shape = random.longs(random.nextInt(5), 0, 5).toArray();
      String name = List.of("layers.%d.weight", "dir/%d", "größe %d", "%d😀").get(i % 4);
      DataType type = TYPES.get(random.nextInt(TYPES.size()));
      tensors.add(new TensorDeclaration(name.formatted(i), type, shape));
    }
    Map<String, String> metadata =
        count % 2 == 0 ? Map.of() : Map.of("architecture", "mlp:1-2", "é\"\n", "\u0000😀");
    Path original = directory.resolve("a.safetensors");
    write(original, tensors, metadata, random);
    try (TensorFile source = TensorFile.open(original)) {
      NpzWriter.write(source, directory.resolve("b.npz"));
      NpzWriter.write(source, directory.resolve("c.npz"));
      assertEquals(-1, Files.mismatch(directory.resolve("b.npz"), directory.resolve("c.npz")));
      try (NpzFile copy = NpzFile.open(directory.resolve("b.npz"))) {
        assertEquals(metadata, copy.metadata());
        assertSame(source, copy);
        NpzWriter.write(copy, directory.resolve("d.npz"));
        assertEquals(-1, Files.mismatch(directory.resolve("b.npz"), directory.resolve("d.npz")));
      }
    }
  }

  private static void assertSame(TensorFile source, NpzFile copy) {
    assertEquals(source.declarations().size(), copy.declarations().size());
    for (TensorDeclaration tensor : source.declarations()) {
      TensorDeclaration found = copy.declaration(tensor.name());
      assertArrayEquals(tensor.shape(), found.shape());
      if (tensor.dataType() == DataType.BF16) {
        assertEquals(DataType.F32, found.dataType());
        assertArrayEquals(bits(source.floats(tensor.name())), bits(copy.floats(tensor.name())));
      } else {
        assertEquals(tensor.dataType(), found.dataType());
        assertArrayEquals(bytes(source, tensor), bytes(copy, tensor));
      }
    }
  }

  private static byte[] bytes(TensorFile file, TensorDeclaration tensor) {
    ByteBuffer bytes = ByteBuffer.allocate((int) tensor.bytes());
    file.readBytes(tensor.name(), 0, bytes);
    return bytes.array();
  }

  private static int[] bits(FloatBuffer values) {
    int[] bits = new int[values.remaining()];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values.get(i));
    }
    return bits;
  }

  private static void write(
      Path path, List<TensorDeclaration> tensors, Map<String, String> metadata, Random random) {
    try (SafetensorsWriter writer = SafetensorsWriter.create(path, tensors, metadata)) {
      for (TensorDeclaration tensor : tensors) {
        byte[] bytes = new byte[(int) tensor.bytes()];
        random.nextBytes(bytes);
        writer.writeBytes(tensor.name(), ByteBuffer.wrap(bytes));
      }
      writer.commit();
    }
  }
}
