package org.rebasin.actors.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.model.checkpoint.DataType;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.TensorDeclaration;

class DurableModelStoreTest {
  private static final List<TensorDeclaration> TENSORS =
      List.of(new TensorDeclaration("fc1.weight", DataType.F32, new long[] {2, 3}));
  private static final int LIMIT = 8 << 20;
  private static final StoreSettings SETTINGS = new StoreSettings(LIMIT, Duration.ofHours(1));

  @TempDir Path directory;
  private ModelStore store;

  @BeforeEach
  void open() {
    store = ModelStore.durable(directory, SETTINGS);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void reopen() {
    store.close();
    open();
  }

  private static ModelId write(ModelStore store, float... values) {
    return store.write(
        TENSORS, Map.of(), writer -> writer.write("fc1.weight", FloatBuffer.wrap(values)));
  }

  private ModelId write() {
    return write(store, 1, 2, 3, 4, 5, 6);
  }

  private Path file(ModelId id) {
    return directory.resolve("models/%s/%s.safetensors".formatted(id.sha256().substring(0, 2), id));
  }

  private List<Path> files(String under) throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve(under))) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  private void damage(ModelId id) throws IOException {
    byte[] bytes = Files.readAllBytes(file(id));
    bytes[bytes.length - 1] ^= 1;
    Files.write(file(id), bytes);
  }

  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(1).nextBytes(bytes);
    return bytes;
  }

  private static ModelId id(byte[] bytes) {
    return new ModelId(HexFormat.of().formatHex(Disk.sha256().digest(bytes)));
  }

  @Test
  void modelIsThereAfterTheStoreIsOpenedAgain() {
    ModelId id = write();
    reopen();
    assertTrue(store.contains(id));
    assertEquals(Set.of(id), store.ids());
    try (ModelFile model = store.open(id)) {
      assertEquals(file(id).toAbsolutePath(), model.path());
      assertArrayEquals(
          new float[] {1, 2, 3, 4, 5, 6}, model.weights().get("fc1.weight").toArray());
      assertEquals(store.size(id), store.path(id).toFile().length());
    }
  }

  @Test
  void fileOfTheUserIsCopied() throws IOException {
    ModelId id = write();
    Path own = directory.resolve("own");
    store.export(id, own);
    assertTrue(store.delete(id));
    assertFalse(store.delete(id));
    assertEquals(id, store.register(own, Optional.of("mlp:3-2"), Map.of("site", "north")));
    Files.delete(own);
    reopen();
    try (ModelFile model = store.open(id)) {
      assertEquals("north", model.metadata().get("site"));
      assertEquals("mlp:3-2", model.network().architecture());
    }
  }

  @Test
  void privacyIsKeptWhateverIsToldLater() throws IOException {
    ModelId id = write();
    assertFalse(store.isPrivate(id));
    Path own = directory.resolve("own");
    store.export(id, own);
    store.register(own, Optional.empty(), Map.of("visibility", "private"));
    store.register(own, Optional.empty(), Map.of("site", "north"));
    reopen();
    assertTrue(store.isPrivate(id));
    assertEquals(
        new Labels(Optional.empty(), Map.of("visibility", "private", "site", "north")),
        store.labels(id));
    ModelId says =
        store.write(
            TENSORS,
            Map.of("visibility", "private"),
            writer -> writer.write("fc1.weight", FloatBuffer.allocate(6)));
    assertTrue(store.isPrivate(says));
  }

  @Test
  void whatACrashedStoreWasWritingIsDeletedAndWhatALivingOneWritesIsNot() throws IOException {
    try (ModelStore.Product product = store.create(TENSORS, Map.of())) {
      Path crashed = Files.createDirectory(directory.resolve("writing/crashed"));
      Files.createFile(directory.resolve("writing/crashed.lock"));
      Files.writeString(crashed.resolve("unnamed-1.safetensors"), "half");
      try (ModelStore other = ModelStore.durable(directory, SETTINGS)) {
        assertFalse(Files.exists(crashed));
        assertEquals(Set.of(), other.ids());
      }
      product.writer().write("fc1.weight", FloatBuffer.allocate(6));
      assertTrue(store.contains(product.commit()));
    }
  }

  @Test
  void corruptFileIsMovedAsideAndNeverServed() throws IOException {
    ModelId id = write();
    reopen();
    damage(id);
    CorruptModelException refusal = assertThrows(CorruptModelException.class, () -> store.open(id));
    assertTrue(refusal.getMessage().contains(id.sha256()), refusal.getMessage());
    assertFalse(store.contains(id));
    assertTrue(Files.exists(directory.resolve("corrupt/" + id + ".safetensors")));
    assertThrows(IllegalArgumentException.class, () -> store.open(id));
    assertEquals(id, write());
    store.open(id).close();
  }

  @Test
  void fileThatWasCutOffIsFoundThoughItWasReadBefore() throws IOException {
    ModelId id = write();
    Files.write(file(id), Arrays.copyOf(Files.readAllBytes(file(id)), 10));
    assertThrows(CorruptModelException.class, () -> store.open(id));
  }

  @Test
  void verificationFindsWhatWasReadBeforeAndDamagedSince() throws IOException {
    ModelId damaged = write();
    ModelId whole = write(store, 6, 5, 4, 3, 2, 1);
    damage(damaged);
    assertEquals(List.of(damaged), store.verify());
    assertEquals(Set.of(whole), store.ids());
  }

  @Test
  void modelThatArrivesInPiecesIsStored() throws IOException {
    byte[] bytes = bytes(3 * Reception.CHUNK_BYTES + 17);
    ModelId id = id(bytes);
    try (Reception reception = store.receive(id, bytes.length, Labels.NONE)) {
      reception.append(ByteBuffer.wrap(bytes));
      assertTrue(reception.commit());
    }
    assertArrayEquals(bytes, Files.readAllBytes(store.path(id)));
    assertEquals(List.of(), files("partial"));
  }

  @Test
  void receptionGoesOnWhereTheLastOneEnded() throws IOException {
    byte[] bytes = bytes(3 * Reception.CHUNK_BYTES + 17);
    ModelId id = id(bytes);
    try (Reception cut = store.receive(id, bytes.length, Labels.NONE)) {
      cut.append(ByteBuffer.wrap(bytes, 0, 2 * Reception.CHUNK_BYTES + 5));
    }
    reopen();
    try (Reception reception = store.receive(id, bytes.length, Labels.NONE)) {
      assertEquals(2 * Reception.CHUNK_BYTES, reception.position());
      int from = (int) reception.position();
      reception.append(ByteBuffer.wrap(bytes, from, bytes.length - from));
      assertTrue(reception.commit());
    }
    assertArrayEquals(bytes, Files.readAllBytes(store.path(id)));
  }

  @Test
  void modelWithOtherContentThanItsNameIsForgotten() throws IOException {
    byte[] bytes = bytes(100);
    ModelId id = id(bytes);
    bytes[3] ^= 1;
    try (Reception reception = store.receive(id, bytes.length, Labels.NONE)) {
      reception.append(ByteBuffer.wrap(bytes));
      assertFalse(reception.commit());
    }
    assertFalse(store.contains(id));
    assertEquals(List.of(), files("partial"));
  }

  @Test
  void modelIsReceivedOnceAtATime() {
    ModelId id = id(bytes(100));
    try (Reception first = store.receive(id, 100, Labels.NONE)) {
      assertThrows(IllegalStateException.class, () -> store.receive(id, 100, Labels.NONE));
      first.append(ByteBuffer.wrap(bytes(100)));
      assertTrue(first.commit());
    }
  }

  @Test
  void oldBeginningsAreForgottenWhenTheStoreOpens() throws IOException {
    for (int length : new int[] {100, 200}) {
      ModelId id = id(bytes(length));
      store.receive(id, length, Labels.NONE).close();
      if (length == 100) {
        Files.setLastModifiedTime(
            directory.resolve("partial/" + id),
            FileTime.from(Instant.now().minus(Duration.ofHours(2))));
      }
    }
    reopen();
    assertEquals(List.of(directory.resolve("partial/" + id(bytes(200)))), files("partial"));
  }

  @Test
  void modelOverTheLimitIsRefusedHoweverItComes() throws IOException {
    ModelId id = id(bytes(1));
    ModelTooLargeException refusal =
        assertThrows(
            ModelTooLargeException.class, () -> store.receive(id, LIMIT + 1L, Labels.NONE));
    assertEquals(LIMIT, refusal.limit());
    try (Upload upload = store.upload(Labels.NONE)) {
      upload.append(ByteBuffer.allocate(LIMIT));
      assertThrows(ModelTooLargeException.class, () -> upload.append(ByteBuffer.allocate(1)));
    }
    List<TensorDeclaration> large =
        List.of(new TensorDeclaration("fc1.weight", DataType.F32, new long[] {2, LIMIT / 8}));
    assertThrows(
        ModelTooLargeException.class,
        () ->
            store.write(
                large,
                Map.of(),
                writer -> writer.write("fc1.weight", FloatBuffer.allocate(LIMIT / 4))));
    assertEquals(Set.of(), store.ids());
    assertEquals(List.of(), files("models"));
    assertEquals(1, files("writing").size(), "the lock alone");
  }

  @Test
  void modelForWhichThereIsNoSpaceIsRefusedBeforeItComes() throws IOException {
    store.close();
    store = ModelStore.durable(directory, new StoreSettings(Long.MAX_VALUE, Duration.ZERO));
    UncheckedIOException refusal =
        assertThrows(
            UncheckedIOException.class,
            () -> store.receive(id(bytes(1)), Long.MAX_VALUE, Labels.NONE));
    assertTrue(refusal.getMessage().contains("bytes of free space in"), refusal.getMessage());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void fullDiskLeavesNothingHalfWritten() throws IOException {
    byte[] bytes = bytes(100);
    ModelId id = id(bytes);
    Files.createSymbolicLink(directory.resolve("partial/" + id), Path.of("/dev/full"));
    try (Reception reception = store.receive(id, bytes.length, Labels.NONE)) {
      UncheckedIOException failure =
          assertThrows(UncheckedIOException.class, () -> reception.append(ByteBuffer.wrap(bytes)));
      assertTrue(failure.getMessage().contains("No space left on device"), failure.getMessage());
    }
    assertEquals(List.of(), files("partial"));
    assertEquals(Set.of(), store.ids());
    try (Reception again = store.receive(id, bytes.length, Labels.NONE)) {
      again.append(ByteBuffer.wrap(bytes));
      assertTrue(again.commit());
    }
  }

  @Test
  void uploadIsCheckedAndNamedByItsContent() throws IOException {
    ModelId id = write();
    byte[] bytes = Files.readAllBytes(file(id));
    store.delete(id);
    try (Upload upload = store.upload(Labels.NONE)) {
      upload.append(ByteBuffer.wrap(bytes));
      ModelId other = new ModelId("0".repeat(64));
      assertThrows(IllegalArgumentException.class, () -> upload.commit(Optional.of(other)));
    }
    try (Upload upload = store.upload(new Labels(Optional.empty(), Map.of("site", "south")))) {
      upload.append(ByteBuffer.wrap(bytes));
      assertEquals(bytes.length, upload.size());
      assertEquals(id, upload.commit(Optional.of(id)));
    }
    assertEquals(Map.of("site", "south"), store.labels(id).told());
    try (Upload upload = store.upload(Labels.NONE)) {
      upload.append(ByteBuffer.wrap(new byte[100]));
      assertThrows(RuntimeException.class, () -> upload.commit(Optional.empty()));
    }
    assertEquals(Set.of(id), store.ids());
    assertEquals(1, files("writing").size(), "the lock alone");
  }

  @Test
  void collectionKeepsWhatIsNamedAndWhatIsYoung() throws IOException {
    ModelId named = write(store, 1, 2, 3, 4, 5, 6);
    ModelId unnamed = write(store, 1, 2, 3, 4, 5, 7);
    ModelId young = write(store, 1, 2, 3, 4, 5, 8);
    Instant before = Instant.now().minus(Duration.ofHours(2));
    store.made(named, before);
    store.made(unnamed, before);
    assertEquals(before.toEpochMilli(), store.made(named).toEpochMilli());
    assertEquals(List.of(unnamed), store.collect(Set.of(named), Duration.ofHours(1)));
    assertEquals(Set.of(named, young), store.ids());
    write(store, 1, 2, 3, 4, 5, 6);
    assertEquals(List.of(), store.collect(Set.of(), Duration.ofHours(1)), "made again is young");
  }

  @Test
  void storesOfOneDirectorySeeWholeModelsOfEachOther() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (ModelStore other = ModelStore.durable(directory, SETTINGS)) {
      // Each of both writes the same models; the readers open whatever they see meanwhile.
      Callable<Set<ModelId>> read =
          () -> {
            for (int i = 0; i < 50; i++) {
              for (ModelId id : other.ids()) {
                other.open(id).close();
              }
            }
            return other.ids();
          };
      List<Future<Set<ModelId>>> ended =
          threads.invokeAll(List.of(() -> writeAll(store), () -> writeAll(other), read, read));
      for (Future<Set<ModelId>> each : ended) {
        each.get();
      }
      assertEquals(ended.get(0).get(), ended.get(1).get());
      assertEquals(store.ids(), ended.get(0).get());
      assertEquals(List.of(), store.verify());
    } finally {
      threads.shutdown();
    }
  }

  private static Set<ModelId> writeAll(ModelStore store) {
    return IntStream.range(0, 20)
        .mapToObj(i -> write(store, 1, 2, 3, 4, 5, i))
        .collect(java.util.stream.Collectors.toSet());
  }
}
