package org.rebasin.actors.work;

import akka.stream.ActorAttributes;
import akka.stream.Materializer;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.stream.BatchStream;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.checkpoint.DataType;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.Provenance;
import org.rebasin.model.checkpoint.TensorDeclaration;
import org.rebasin.model.data.Augmentation;
import org.rebasin.model.data.Dataset;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.data.Normalization;
import org.rebasin.model.data.RandomSubset;
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
    if (task instanceof Task.TrainFrom from) {
      return trainFrom(from, progress);
    }
    if (task instanceof Task.CountExamples count) {
      return CompletableFuture.completedStage(
          new TaskResult.ExamplesCounted(datasets.get(count.data()).train().size()));
    }
    Task.Train train = (Task.Train) task;
    Network network = Architecture.parse(train.architecture()).network();
    return train(
        train,
        new Start(
            network,
            network.initialize(train.settings().seed()),
            0,
            Normalization.parse(train.preparation().normalization()),
            weights -> write(train, network, weights)),
        progress);
  }

  /**
   * What a training starts from.
   *
   * @param weights which the training takes over
   * @param write stores weights
   */
  record Start(
      Network network,
      Weights weights,
      double proximal,
      Normalization normalization,
      Function<Weights, ModelId> write) {}

  /** Trains on; what the start's file carries along and says of itself is kept. */
  private CompletionStage<TaskResult> trainFrom(Task.TrainFrom task, Consumer<Progress> progress) {
    ModelFile file = store.open(task.start());
    try {
      Task.Train train = task.training();
      String expected = Architecture.parse(train.architecture()).network().architecture();
      if (!expected.equals(file.network().architecture())) {
        throw new IllegalArgumentException(
            "expected a start of architecture %s, found %s in %s"
                .formatted(train.architecture(), file.network().label(), task.start()));
      }
      Normalization normalization =
          file.metadata().containsKey(Normalization.KEY)
              ? Preparation.normalizationOf(file)
              : Normalization.parse(train.preparation().normalization());
      return train(
              train,
              new Start(
                  file.network(),
                  Weights.copyOf(file.weights()),
                  task.proximal(),
                  normalization,
                  weights -> write(task, file, normalization, weights)),
              progress)
          .whenComplete((result, thrown) -> file.close());
    } catch (RuntimeException problem) {
      file.close();
      throw problem;
    }
  }

  private CompletionStage<TaskResult> train(
      Task.Train train, Start start, Consumer<Progress> progress) {
    Dataset dataset = datasets.get(train.data());
    LabelledImages images = subset(train, dataset.train());
    BatchStream batches =
        new BatchStream(
            images,
            train.settings().batchSize(),
            train.settings().epochs(),
            train.settings().seed(),
            start.normalization(),
            Augmentation.parse(train.preparation().augmentation()));
    TrainingSession session =
        new TrainingSession(train, start, images, dataset.test(), batches, progress);
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
    Map<String, String> metadata = new TreeMap<>();
    metadata.put(ModelFile.ARCHITECTURE, network.architecture());
    metadata.put(Provenance.KEY, new Provenance("train", List.of(), settings(train)).json());
    if (!train.preparation().normalization().equals(Preparation.NONE.normalization())) {
      metadata.put(Normalization.KEY, train.preparation().normalization());
    }
    return store.write(weights, metadata);
  }

  private ModelId write(
      Task.TrainFrom task, ModelFile start, Normalization normalization, Weights weights) {
    Map<String, String> settings = settings(task.training());
    settings.put("proximal", String.valueOf(task.proximal()));
    Map<String, String> metadata = new TreeMap<>(start.metadata());
    metadata.put(ModelFile.ARCHITECTURE, start.network().architecture());
    metadata.put(
        Provenance.KEY, new Provenance("train", List.of(task.start().sha256()), settings).json());
    if (!normalization.text().equals(Normalization.NONE.text())) {
      metadata.put(Normalization.KEY, normalization.text());
    }
    return store.write(
        Stream.concat(
                start.state().stream(),
                start.declarations().stream()
                    .map(
                        tensor ->
                            new TensorDeclaration(tensor.name(), DataType.F32, tensor.shape())))
            .toList(),
        metadata,
        writer -> {
          start.copyState(writer);
          start
              .declarations()
              .forEach(
                  tensor ->
                      writer.write(tensor.name(), weights.get(tensor.name()).values().duplicate()));
        });
  }

  private static Map<String, String> settings(Task.Train train) {
    Map<String, String> settings = new TreeMap<>(train.settings().asText());
    settings.put("data", train.data());
    train.subset().ifPresent(count -> settings.put("subset", String.valueOf(count)));
    if (!train.preparation().augmentation().equals(Preparation.NONE.augmentation())) {
      settings.put("augmentation", train.preparation().augmentation());
    }
    return settings;
  }
}
