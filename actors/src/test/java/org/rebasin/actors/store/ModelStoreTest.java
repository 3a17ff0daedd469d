package org.rebasin.actors.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.model.checkpoint.CheckpointException;
import org.rebasin.model.checkpoint.DataType;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.TensorDeclaration;
import org.rebasin.model.tensor.NonFiniteException;

class ModelStoreTest {
  private static final List<TensorDeclaration> TENSORS =
      List.of(new TensorDeclaration("fc1.weight", DataType.F32, new long[] {2, 3}));

  @TempDir Path directory;
  private ModelStore store;

  @BeforeEach
  void open() {
    store = new ModelStore(directory);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private ModelId write(float... values) {
    return store.write(
        TENSORS, Map.of(), writer -> writer.write("fc1.weight", FloatBuffer.wrap(values)));
  }

  /** All files but those that tell which stores live. */
  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> !file.toString().endsWith(".lock"))
          .toList();
    }
  }

  private static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
    return HexFormat.of().formatHex(digest);
  }

  @Test
  void modelIsNamedByItsContent() throws IOException, NoSuchAlgorithmException {
    ModelId id = write(1, 2, 3, 4, 5, 6);
    assertEquals(1, files().size());
    assertEquals(id.sha256(), sha256(files().get(0)));
    assertEquals(id.sha256() + ".safetensors", files().get(0).getFileName().toString());
  }

  @Test
  void whatAKilledProcessLeftGoesAndWhatIsInUseStays() throws IOException {
    Path left = Files.createDirectories(directory.resolve(".rebasin-store").resolve("left"));
    Files.writeString(left.resolve("model.safetensors"), "numbers");
    Files.createFile(directory.resolve(".rebasin-store").resolve("left.lock"));
    try (ModelStore another = new ModelStore(directory)) {
      another.write(
          TENSORS, Map.of(), writer -> writer.write("fc1.weight", FloatBuffer.allocate(6)));
      assertTrue(Files.notExists(left));
      write(1, 2, 3, 4, 5, 6);
      assertEquals(2, files().size());
    }
    assertEquals(1, files().size());
    store.close();
    try (Stream<Path> all = Files.list(directory)) {
      assertEquals(List.of(), all.toList());
    }
  }

  @Test
  void sameContentTwiceIsOneModel() throws IOException {
    assertEquals(write(1, 2, 3, 4, 5, 6), write(1, 2, 3, 4, 5, 6));
    assertEquals(1, files().size());
  }

  @Test
  void whatWasWrittenIsRead() {
    try (ModelFile file = store.open(write(1, 2, 3, 4, 5, 6))) {
      assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, file.weights().get("fc1.weight").toArray());
      assertEquals("mlp:3-2", file.network().architecture());
    }
  }

  @Test
  void exportIsTheModelByteForByteAndReplacesWhatWasThere() throws Exception {
    ModelId id = write(1, 2, 3, 4, 5, 6);
    Path target = Files.writeString(directory.resolve("out"), "old");
    store.export(id, target);
    assertEquals(id.sha256(), sha256(target));
    assertEquals(2, files().size());
  }

  @Test
  void exportThatFailsLeavesNothingAndNamesTheFile() throws IOException {
    ModelId id = write(1, 2, 3, 4, 5, 6);
    Path target = Files.createDirectories(directory.resolve("out/inside")).getParent();
    UncheckedIOException refusal =
        assertThrows(UncheckedIOException.class, () -> store.export(id, target));
    assertTrue(refusal.getMessage().contains(target.toString()), refusal.getMessage());
    assertEquals(1, files().size());
  }

  @Test
  void closingTheStoreLeavesNothingButWhatWasExported() throws IOException {
    Path target = directory.resolve("out");
    store.export(write(1, 2, 3, 4, 5, 6), target);
    store.close();
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(List.of(target), left.toList());
    }
  }

  @Test
  void productWithoutACommitLeavesNothing() throws IOException {
    try (ModelStore.Product product = store.create(TENSORS, Map.of())) {
      product.writer().write("fc1.weight", FloatBuffer.wrap(new float[] {1, 2}));
    }
    assertEquals(List.of(), files());
  }

  @Test
  void failureWhileWritingLeavesNothing() throws IOException {
    assertThrows(
        IllegalStateException.class,
        () ->
            store.write(
                TENSORS,
                Map.of(),
                writer -> {
                  throw new IllegalStateException("no more");
                }));
    assertEquals(List.of(), files());
  }

  @Test
  void fileOfTheUserStaysWhereItIs() throws Exception {
    Path own = directory.resolve("own");
    store.export(write(1, 2, 3, 4, 5, 6), own);
    store.close();
    store = new ModelStore(directory);
    ModelId id = store.register(own, Optional.empty());
    assertEquals(sha256(own), id.sha256());
    try (ModelFile file = store.open(id)) {
      assertEquals(own, file.path());
    }
    assertEquals(List.of(own), files());
  }

  @Test
  void modelThatIsNotFiniteIsRefusedByTensorAndIndex() {
    Path own = directory.resolve("own");
    store.export(write(1, 2, 3, 4, Float.NaN, 6), own);
    NonFiniteException refusal =
        assertThrows(NonFiniteException.class, () -> store.register(own, Optional.empty()));
    assertEquals(
        "fc1.weight: expected finite numbers, found NaN at [1, 1] in " + own, refusal.getMessage());
  }

  @Test
  void fileThatIsNoModelIsRefused() throws IOException {
    Path own = Files.writeString(directory.resolve("own"), "not a model");
    assertThrows(CheckpointException.class, () -> store.register(own, Optional.empty()));
  }

  @Test
  void modelThatIsNotHereIsRefusedByName() {
    ModelId unknown = new ModelId("0".repeat(64));
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> store.open(unknown));
    assertEquals("no model " + unknown + " on this node", refusal.getMessage());
  }
}
