package org.rebasin.actors.work;

import akka.stream.Materializer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.stream.ActivationRequest;
import org.rebasin.actors.stream.ActivationStream;
import org.rebasin.actors.stream.ActivationTransfer;
import org.rebasin.model.alignment.ActivationMoments;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.Provenance;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.evaluation.Classifier;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.tensor.Weights;

/**
 * Passes training images through networks: measures how the units of two act together, and corrects
 * merged ones. What it measures is a product of the store, like a model.
 */
public final class ActivationCollector implements TaskRunner {
  private final ModelStore store;
  private final Datasets datasets;
  private final Materializer materializer;
  private final Optional<ActivationTransfer> transfer;

  /** What a collector works with that has all models on its node. */
  public ActivationCollector(ModelStore store, Datasets datasets, Materializer materializer) {
    this(store, datasets, materializer, Optional.empty());
  }

  /**
   * What a collector works with.
   *
   * @param transfer brings activations of models that may not leave their nodes
   */
  public ActivationCollector(
      ModelStore store,
      Datasets datasets,
      Materializer materializer,
      Optional<ActivationTransfer> transfer) {
    this.store = store;
    this.datasets = datasets;
    this.materializer = materializer;
    this.transfer = transfer;
  }

  @Override
  public CompletionStage<TaskResult> run(Task task, Consumer<Progress> progress) {
    if (task instanceof Task.Collect collect) {
      return collect(collect);
    }
    if (task instanceof Task.CollectApart apart) {
      return collect(apart);
    }
    if (task instanceof Task.Correct correct) {
      return CompletableFuture.completedStage(new TaskResult.Merged(correct(correct)));
    }
    throw new IllegalStateException("not a collector's task: " + task);
  }

  private CompletionStage<TaskResult> collect(Task.Collect task) {
    LabelledImages images = datasets.get(task.data()).train();
    List<AutoCloseable> open = new ArrayList<>();
    try {
      ModelFile reference = opened(open, store.open(task.reference()));
      ModelFile model = opened(open, store.open(task.model()));
      reference.requireSameTensors(model);
      Network network = reference.network();
      ActivationMoments moments =
          opened(open, ActivationMoments.of(PermutationSpec.of(network), network));
      ActivationStream stream =
          opened(
              open,
              new ActivationStream(
                  network,
                  reference.weights(),
                  model.weights(),
                  images,
                  bound(task, images, task.shard()),
                  bound(task, images, task.shard() + 1),
                  Classifier.batchSize(network),
                  Preparation.normalizationOf(reference)));
      return stream
          .run(moments::add, Role.COLLECTOR.dispatcher(), materializer)
          .thenApply(done -> (TaskResult) new TaskResult.Collected(write(task, moments)))
          .whenComplete((result, thrown) -> closeAll(open));
    } catch (RuntimeException problem) {
      closeAll(open);
      throw problem;
    }
  }

  private CompletionStage<TaskResult> collect(Task.CollectApart task) {
    Task.Collect collection = task.collection();
    Network network = task.outline().network();
    ActivationMoments moments = ActivationMoments.of(PermutationSpec.of(network), network);
    return transfer
        .orElseThrow(() -> new IllegalStateException("this node has no other node's activations"))
        .receive(
            new ActivationRequest(
                collection.reference(),
                collection.model(),
                task.outline(),
                collection.data(),
                collection.shard(),
                collection.shards()),
            moments::add)
        .thenApply(read -> (TaskResult) new TaskResult.Collected(write(collection, moments)))
        .whenComplete((result, thrown) -> moments.close());
  }

  private static int bound(Task.Collect task, LabelledImages images, int shard) {
    return ActivationRequest.bound(images.size(), shard, task.shards());
  }

  private ModelId write(Task.Collect task, ActivationMoments moments) {
    Weights tensors = moments.toWeights();
    Map<String, String> settings = new TreeMap<>();
    settings.put("data", task.data());
    settings.put("shard", task.shard() + " of " + task.shards());
    return store.write(
        tensors,
        Map.of(
            Provenance.KEY,
            new Provenance(
                    "collect", List.of(task.reference().sha256(), task.model().sha256()), settings)
                .json()));
  }

  private ModelId correct(Task.Correct task) {
    List<ModelFile> files = new ArrayList<>();
    List<Weights> parents = new ArrayList<>();
    try (ModelFile merged = store.open(task.merged())) {
      PermutationSpec spec = PermutationSpec.of(merged.network());
      for (Task.Member member : task.members()) {
        ModelFile file = store.open(member.model());
        files.add(file);
        parents.add(
            member
                .permutations()
                .map(permutations -> permutations.apply(spec, file.weights()))
                .orElseGet(file::weights));
      }
      try (Weights corrected = Weights.copyOf(merged.weights())) {
        Corrections.apply(
            task.correction(),
            merged.network(),
            corrected,
            parents,
            task.weights(),
            datasets.get(task.correction().data()).train(),
            Preparation.normalizationOf(merged));
        return write(task, merged, corrected);
      }
    } finally {
      parents.forEach(Weights::close);
      files.forEach(ModelFile::close);
    }
  }

  private ModelId write(Task.Correct task, ModelFile merged, Weights corrected) {
    Map<String, String> settings = new TreeMap<>();
    settings.put("kind", task.correction().kind().text());
    settings.put("data", task.correction().data());
    settings.put("examples", String.valueOf(task.correction().examples()));
    settings.put("merged_as", merged.metadata().getOrDefault(Provenance.KEY, ""));
    List<String> inputs = new ArrayList<>(List.of(task.merged().sha256()));
    task.members().forEach(member -> inputs.add(member.model().sha256()));
    Map<String, String> metadata = new LinkedHashMap<>(merged.metadata());
    metadata.put(Provenance.KEY, new Provenance("correct", inputs, settings).json());
    return store.write(
        Stream.concat(merged.state().stream(), merged.declarations().stream()).toList(),
        metadata,
        writer -> {
          merged.copyState(writer);
          merged
              .declarations()
              .forEach(
                  tensor ->
                      writer.write(
                          tensor.name(), corrected.get(tensor.name()).values().duplicate()));
        });
  }

  private static <T extends AutoCloseable> T opened(List<AutoCloseable> open, T resource) {
    open.add(resource);
    return resource;
  }

  /** Closes in the opposite order: the stream first, which waits for its stages. */
  private static void closeAll(List<AutoCloseable> open) {
    for (int i = open.size() - 1; i >= 0; i--) {
      try {
        open.get(i).close();
      } catch (Exception problem) {
        throw new IllegalStateException("cannot close " + open.get(i), problem);
      }
    }
  }
}
