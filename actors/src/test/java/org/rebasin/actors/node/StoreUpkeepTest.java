package org.rebasin.actors.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.store.StoreSettings;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.tensor.Weights;

class StoreUpkeepTest {
  private static final Duration GRACE = Duration.ofDays(7);

  @TempDir Path directory;
  private ModelStore store;

  @BeforeEach
  void open() {
    store = ModelStore.durable(directory, new StoreSettings(1 << 20, Duration.ofHours(1)));
  }

  @AfterEach
  void close() {
    store.close();
  }

  private ModelId model(long seed, Duration age) {
    try (Weights weights = Architecture.parse("mlp:3-2").network().initialize(seed)) {
      ModelId id = store.write(weights, Map.of());
      store.made(id, Instant.now().minus(age));
      return id;
    }
  }

  private StoreUpkeep upkeep(Supplier<CompletionStage<Set<ModelId>>> named) {
    return new StoreUpkeep(store, named, GRACE, Runnable::run);
  }

  @Test
  void whatNothingNamesIsDeletedAfterTheGraceTime() {
    ModelId named = model(1, Duration.ofDays(30));
    ModelId unnamed = model(2, Duration.ofDays(8));
    ModelId young = model(3, Duration.ofDays(6));
    StoreUpkeep upkeep = upkeep(() -> CompletableFuture.completedStage(Set.of(named)));
    assertEquals(List.of(unnamed), upkeep.collect().toCompletableFuture().join());
    assertEquals(Set.of(named, young), store.ids());
  }

  @Test
  void nothingIsDeletedWhereItCannotBeToldWhatIsNamed() {
    ModelId old = model(1, Duration.ofDays(30));
    StoreUpkeep upkeep =
        upkeep(() -> CompletableFuture.failedStage(new IllegalStateException("no majority")));
    assertThrows(CompletionException.class, () -> upkeep.collect().toCompletableFuture().join());
    assertTrue(store.contains(old));
  }

  @Test
  void whatAnyoneNamesStaysAndNothingIsDeletedWhereOneCannotBeAsked() {
    ModelId ofJobs = model(1, Duration.ofDays(30));
    ModelId ofFederations = model(2, Duration.ofDays(30));
    List<Supplier<CompletionStage<Set<ModelId>>>> both =
        List.of(
            () -> CompletableFuture.completedStage(Set.of(ofJobs)),
            () -> CompletableFuture.completedStage(Set.of(ofFederations)));
    assertEquals(
        List.of(), upkeep(() -> StoreUpkeep.union(both)).collect().toCompletableFuture().join());
    List<Supplier<CompletionStage<Set<ModelId>>>> oneAway =
        List.of(
            () -> CompletableFuture.completedStage(Set.of(ofJobs)),
            () -> CompletableFuture.failedStage(new IllegalStateException("no majority")));
    assertThrows(
        CompletionException.class,
        () -> upkeep(() -> StoreUpkeep.union(oneAway)).collect().toCompletableFuture().join());
    assertTrue(store.contains(ofFederations));
  }

  @Test
  void aDamagedModelIsMovedAside() throws IOException {
    ModelId id = model(1, Duration.ZERO);
    Path file = store.path(id);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
    upkeep(() -> CompletableFuture.completedStage(Set.of())).verify();
    assertFalse(store.contains(id));
  }
}
