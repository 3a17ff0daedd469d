package org.rebasin.actors.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.Done;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.Outline;
import org.rebasin.actors.stream.Holder;

class ReplicatedModelsTest {
  private static final ModelId ID = new ModelId("1".repeat(64));
  private static final ModelInfo INFO =
      new ModelInfo(ID, 1, "mlp:2-1", 3, List.of(), List.of(), Map.of());
  private static final Function<ModelId, CompletionStage<Done>> DONE =
      id -> CompletableFuture.completedStage(Done.getInstance());

  private static final Function<ModelId, CompletionStage<List<Holder>>> NOWHERE =
      id -> CompletableFuture.completedStage(List.of());

  /** Models in a map. */
  private static final class Here implements Models {
    private final Map<ModelId, ModelInfo> models = new HashMap<>();

    @Override
    public CompletionStage<Optional<ModelInfo>> info(ModelId id) {
      return find(id).thenApply(found -> found.map(StoredFile::info));
    }

    @Override
    public CompletionStage<Optional<StoredFile>> find(ModelId id) {
      return CompletableFuture.completedStage(
          Optional.ofNullable(models.get(id))
              .map(info -> new StoredFile(info, (from, length) -> Source.empty())));
    }

    @Override
    public CompletionStage<ModelInfo> receive(
        Source<ByteString, ?> bytes, Optional<ModelId> declared, boolean isPrivate) {
      models.put(ID, INFO);
      return CompletableFuture.completedStage(INFO);
    }

    @Override
    public CompletionStage<Growing> begin(boolean isPrivate) {
      return CompletableFuture.completedStage(
          new Growing() {
            @Override
            public long size() {
              return 1;
            }

            @Override
            public CompletionStage<Done> append(Source<ByteString, ?> bytes) {
              return CompletableFuture.completedStage(Done.getInstance());
            }

            @Override
            public CompletionStage<ModelInfo> complete(Optional<ModelId> declared) {
              return receive(Source.empty(), declared, isPrivate);
            }

            @Override
            public CompletionStage<Done> discard() {
              return CompletableFuture.completedStage(Done.getInstance());
            }
          });
    }

    @Override
    public CompletionStage<List<Holder>> holders(ModelId id) {
      return NOWHERE.apply(id);
    }

    @Override
    public long usableBytes() {
      return 1;
    }
  }

  private final Here here = new Here();

  private static <T> T join(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  @Test
  void modelOfAnotherNodeIsFetched() {
    Models models =
        new ReplicatedModels(
            here,
            id -> {
              here.models.put(id, INFO);
              return CompletableFuture.completedStage(true);
            },
            NOWHERE,
            DONE);
    assertSame(INFO, join(models.info(ID)).orElseThrow());
  }

  @Test
  void modelThatNoNodeHasIsNotFound() {
    Models models =
        new ReplicatedModels(here, id -> CompletableFuture.completedStage(false), NOWHERE, DONE);
    assertTrue(join(models.find(ID)).isEmpty());
  }

  @Test
  void modelThatIsHereIsNotFetched() {
    here.models.put(ID, INFO);
    Models models =
        new ReplicatedModels(
            here,
            id -> {
              throw new AssertionError("fetched");
            },
            NOWHERE,
            DONE);
    assertTrue(join(models.find(ID)).isPresent());
  }

  @Test
  void failureToFetchIsNotTakenForAbsence() {
    Models models =
        new ReplicatedModels(
            here,
            id -> CompletableFuture.failedStage(new IllegalStateException("broken")),
            NOWHERE,
            DONE);
    assertEquals(
        "broken",
        assertThrows(CompletionException.class, () -> join(models.info(ID)))
            .getCause()
            .getMessage());
  }

  @Test
  void privateModelOfAnotherNodeIsToldOfAndNotFetched() {
    Outline outline =
        new Outline(
            7,
            "mlp:2-1",
            Map.of("visibility", "private"),
            List.of(
                new Outline.Part("fc1.weight", "F32", List.of(1L, 2L), true),
                new Outline.Part("fc1.bias", "F32", List.of(1L), true)));
    Models models =
        new ReplicatedModels(
            here,
            id -> {
              throw new AssertionError("fetched");
            },
            id ->
                CompletableFuture.completedStage(
                    List.of(new Holder("home", "elsewhere:1", true, outline))),
            DONE);
    ModelInfo info = join(models.info(ID)).orElseThrow();
    assertTrue(info.isPrivate());
    assertEquals(3, info.parameters());
    assertEquals(7, info.bytes());
  }

  @Test
  void uploadCountsOnceEnoughNodesHaveIt() {
    CompletableFuture<Done> replicated = new CompletableFuture<>();
    Models models =
        new ReplicatedModels(
            here, id -> CompletableFuture.completedStage(false), NOWHERE, id -> replicated);
    CompletableFuture<ModelInfo> received =
        models.receive(Source.empty(), Optional.empty(), false).toCompletableFuture();
    assertTrue(!received.isDone());
    replicated.complete(Done.getInstance());
    assertSame(INFO, received.join());
  }
}
