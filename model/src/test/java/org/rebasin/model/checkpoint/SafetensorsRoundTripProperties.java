package org.rebasin.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;

class SafetensorsRoundTripProperties {
  private static final float[] SPECIAL = {
    0,
    -0f,
    Float.MIN_VALUE,
    Float.MIN_NORMAL,
    Float.MAX_VALUE,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.NaN
  };

  private Path directory;

  @BeforeProperty
  void createDirectory() throws IOException {
    directory = Files.createTempDirectory("checkpoint");
  }

  @AfterProperty
  void deleteDirectory() throws IOException {
    Files.deleteIfExists(path());
    // Fails unless every try has cleaned up behind itself.
    Files.delete(directory);
  }

  private Path path() {
    return directory.resolve("a.safetensors");
  }

  @Property(tries = 300, seed = "1")
  void whatIsWrittenIsRead(
      @ForAll("tensors") List<TensorDeclaration> tensors,
      @ForAll("metadata") Map<String, String> metadata,
      @ForAll long seed)
      throws IOException {
    SafetensorsWriter.WrittenFile written = write(tensors, metadata, seed);
    try (SafetensorsFile file = SafetensorsFile.open(path())) {
      assertEquals(tensors, file.entries().stream().map(TensorEntry::declaration).toList());
      assertEquals(metadata, file.metadata());
      assertEquals(written.sha256(), file.sha256());
      assertEquals(written.bytes(), file.size());
      Random random = new Random(seed);
      for (TensorDeclaration tensor : tensors) {
        float[] expected = expected(tensor.dataType(), values(tensor, random));
        assertArrayEquals(expected, RawFiles.array(file.floats(tensor.name())));
        FloatBuffer target = FloatBuffer.allocate(expected.length);
        file.readInto(tensor.name(), target);
        assertArrayEquals(expected, target.array());
      }
    }
    byte[] first = Files.readAllBytes(path());
    write(tensors, metadata, seed);
    assertArrayEquals(first, Files.readAllBytes(path()), "equal input, equal bytes");
  }

  /** Writes each tensor in two pieces, one on the heap and one direct. */
  private SafetensorsWriter.WrittenFile write(
      List<TensorDeclaration> tensors, Map<String, String> metadata, long seed) {
    Random random = new Random(seed);
    try (SafetensorsWriter writer = SafetensorsWriter.create(path(), tensors, metadata)) {
      for (TensorDeclaration tensor : tensors) {
        float[] values = values(tensor, random);
        int half = values.length / 2;
        FloatBuffer second = ByteBuffer.allocateDirect(4 * (values.length - half)).asFloatBuffer();
        second.put(values, half, values.length - half).flip();
        writer.write(tensor.name(), FloatBuffer.wrap(values, 0, half));
        writer.write(tensor.name(), second);
      }
      return writer.commit();
    }
  }

  private static float[] values(TensorDeclaration tensor, Random random) {
    float[] values = new float[(int) tensor.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          random.nextInt(4) == 0
              ? SPECIAL[random.nextInt(SPECIAL.length)]
              : (float) (random.nextGaussian() * Math.pow(2, random.nextInt(60) - 30));
    }
    return values;
  }

  private static float[] expected(DataType type, float[] values) {
    float[] expected = values.clone();
    for (int i = 0; i < expected.length && type != DataType.F32; i++) {
      RoundingOracle oracle = type == DataType.F16 ? RoundingOracle.HALF : RoundingOracle.BFLOAT16;
      if (!Float.isNaN(values[i])) {
        int pattern = oracle.nearest(values[i]);
        int magnitude = pattern & 0x7fff;
        double rounded =
            magnitude == oracle.infinity() ? Double.POSITIVE_INFINITY : oracle.value(magnitude);
        expected[i] = (float) Math.copySign(rounded, values[i]);
      }
    }
    return expected;
  }

  @Provide
  Arbitrary<List<TensorDeclaration>> tensors() {
    Arbitrary<DataType> types = Arbitraries.of(DataType.F32, DataType.F16, DataType.BF16);
    Arbitrary<long[]> shapes =
        Arbitraries.longs().between(0, 6).array(long[].class).ofMinSize(0).ofMaxSize(4);
    return Combinators.combine(texts(), types, shapes)
        .as(TensorDeclaration::new)
        .list()
        .ofMaxSize(6)
        .uniqueElements(TensorDeclaration::name);
  }

  @Provide
  Arbitrary<Map<String, String>> metadata() {
    return Arbitraries.maps(texts(), texts()).ofMaxSize(5);
  }

  /** Any text that is not half a surrogate pair: quotes, control characters and others' scripts. */
  private static Arbitrary<String> texts() {
    return Arbitraries.strings()
        .ofMaxLength(12)
        .filter(text -> TensorDeclaration.isEncodable(text) && !text.startsWith("__"));
  }
}
