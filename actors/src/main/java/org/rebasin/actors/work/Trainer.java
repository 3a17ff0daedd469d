package org.rebasin.actors.work;

import akka.stream.ActorAttributes;
import akka.stream.Materializer;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.stream.BatchStream;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.Provenance;
import org.rebasin.model.data.Augmentation;
import org.rebasin.model.data.Dataset;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.data.Normalization;
import org.rebasin.model.data.RandomSubset;
import org.rebasin.model.network.Architecture;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Weights;

/**
 * Trains networks: a stream fills batches ahead, and the training step draws them. A training that
 * is interrupted starts again from its seed.
 */
public final class Trainer implements TaskRunner {
  private final ModelStore store;
  private final Datasets datasets;
  private final Materializer materializer;

  /** What a trainer works with. */
  public Trainer(ModelStore store, Datasets datasets, Materializer materializer) {
    this.store = store;
    this.datasets = datasets;
    this.materializer = materializer;
  }

  @Override
  public CompletionStage<TaskResult> run(Task task, Consumer<Progress> progress) {
    Task.Train train = (Task.Train) task;
    Network network = Architecture.parse(train.architecture()).network();
    Dataset dataset = datasets.get(train.data());
    LabelledImages images = subset(train, dataset.train());
    BatchStream batches =
        new BatchStream(
            images,
            train.settings().batchSize(),
            train.settings().epochs(),
            train.settings().seed(),
            Normalization.parse(train.preparation().normalization()),
            Augmentation.parse(train.preparation().augmentation()));
    TrainingSession session =
        new TrainingSession(
            network,
            train,
            images,
            dataset.test(),
            batches,
            weights -> write(train, network, weights),
            progress);
    return batches
        .source()
        .map(
            ready -> {
              session.step(ready);
              batches.giveBack(ready);
              return ready;
            })
        .toMat(Sink.ignore(), Keep.right())
        .withAttributes(ActorAttributes.dispatcher(Role.TRAINER.dispatcher()))
        .run(materializer)
        .thenApply(done -> (TaskResult) session.result())
        .whenComplete(
            (result, thrown) -> {
              batches.close();
              session.close();
            });
  }

  /** The training images of a task: all, or a random subset decided by the seed. */
  private static LabelledImages subset(Task.Train train, LabelledImages images) {
    return train
        .subset()
        .map(
            count ->
                images.subset(RandomSubset.ofCount(images.size(), count, train.settings().seed())))
        .orElse(images);
  }

  private ModelId write(Task.Train train, Network network, Weights weights) {
    Map<String, String> settings = new TreeMap<>(train.settings().asText());
    settings.put("data", train.data());
    train.subset().ifPresent(count -> settings.put("subset", String.valueOf(count)));
    if (!train.preparation().augmentation().equals(Preparation.NONE.augmentation())) {
      settings.put("augmentation", train.preparation().augmentation());
    }
    Map<String, String> metadata = new TreeMap<>();
    metadata.put(ModelFile.ARCHITECTURE, network.architecture());
    metadata.put(Provenance.KEY, new Provenance("train", List.of(), settings).json());
    if (!train.preparation().normalization().equals(Preparation.NONE.normalization())) {
      metadata.put(Normalization.KEY, train.preparation().normalization());
    }
    return store.write(weights, metadata);
  }
}
