package org.rebasin.actors.experiment;

import akka.actor.typed.ActorSystem;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.rebasin.actors.federation.Federations;
import org.rebasin.actors.job.MergeOutcome;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.node.RebasinNode;
import org.rebasin.actors.report.Documents;
import org.rebasin.actors.report.Json;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.Progress;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.model.data.Dataset;
import org.rebasin.model.data.Normalization;

/**
 * Where experiments run: a node, and a directory that keeps every trained model and every
 * measurement under the hash of all that decides it. What is there already is not done again, so an
 * experiment that was stopped goes on where it was.
 */
final class Laboratory {
  private final RebasinNode node;
  private final ModelStore store;
  private final Datasets datasets;
  private final Path directory;
  private final Consumer<Progress> progress;

  Laboratory(
      RebasinNode node,
      ModelStore store,
      Datasets datasets,
      Path directory,
      Consumer<Progress> progress) {
    this.node = node;
    this.store = store;
    this.datasets = datasets;
    this.directory = directory;
    this.progress = progress;
  }

  /**
   * A trained model.
   *
   * @param report what its training told, as a document
   * @param snapshots the model after each epoch, if they were kept
   */
  record Trained(ModelId model, JsonNode report, List<ModelId> snapshots) {
    double testAccuracy() {
      JsonNode epochs = report.get("epochs");
      return epochs.get(epochs.size() - 1).get("test_accuracy").asDouble();
    }
  }

  /** Trains what is not there yet, side by side; the results are in the tasks' order. */
  List<Trained> train(List<Task.Train> tasks) {
    return trained(tasks.stream().map(task -> train(task, trainingKey(task))).toList());
  }

  /** The same for trainings that begin with a model. */
  List<Trained> trainFrom(List<Task.TrainFrom> tasks) {
    return trained(
        tasks.stream()
            .map(
                task -> {
                  Map<String, Object> key = trainingKey(task.training());
                  key.put("start", task.start().sha256());
                  key.put("proximal", task.proximal());
                  return train(task, key);
                })
            .toList());
  }

  private static List<Trained> trained(List<CompletionStage<Trained>> stages) {
    List<CompletableFuture<Trained>> all =
        stages.stream().map(CompletionStage::toCompletableFuture).toList();
    return all.stream().map(RebasinNode::await).toList();
  }

  private CompletionStage<Trained> train(Task task, Map<String, Object> key) {
    String hash = hash(key);
    Path report = directory("models").resolve(hash + ".json");
    if (Files.exists(report)) {
      return CompletableFuture.completedStage(read(hash, report));
    }
    return node.submit(task, TaskResult.Trained.class, progress)
        .thenApply(
            trained -> {
              for (int epoch = 0; epoch < trained.snapshots().size(); epoch++) {
                store.export(trained.snapshots().get(epoch), modelFile(hash + "-" + (epoch + 1)));
              }
              store.export(trained.model(), modelFile(hash));
              // The report is written last: where it is, all is.
              Json.write(Documents.training(trained), report);
              return read(hash, report);
            });
  }

  /** A model that is not trained, such as a merged one, made once. */
  ModelId made(Map<String, Object> key, Supplier<ModelId> making) {
    Path file = modelFile(hash(key));
    if (!Files.exists(file)) {
      store.export(making.get(), file);
    }
    return register(file);
  }

  /** Trains on from a model, and keeps nothing of it but the store's copy. */
  TaskResult.Trained trainOnce(Task.TrainFrom task) {
    return node.run(task, TaskResult.Trained.class, quietly -> {});
  }

  /** The merged model of a request, made once. */
  ModelId merged(MergeRequest request) {
    Map<String, Object> key = new LinkedHashMap<>();
    key.put("merged", request.models().toString());
    key.put("alignment", request.alignment().toString());
    key.put("merge", request.merge().toString());
    key.put("correction", request.correction().toString());
    return made(key, () -> node.run(request, progress).merged().orElseThrow());
  }

  /** A model's accuracy, evaluated now. */
  double accuracy(Task.Evaluate task) {
    return node.run(task, TaskResult.Evaluated.class, progress).score().accuracy();
  }

  /** The data set of a text. */
  Dataset data(String text) {
    return datasets.get(text);
  }

  /** Where models are. */
  ModelStore store() {
    return store;
  }

  /** The federations of the node. */
  Federations federations() {
    return node.federations();
  }

  /** What streams of the node run on. */
  ActorSystem<?> system() {
    return node.system();
  }

  /** Tells what is being done. */
  void tell(String what, int done, int total, String detail) {
    progress.accept(new Progress(what, done, total, detail));
  }

  private Trained read(String hash, Path report) {
    JsonNode document = Json.read(report);
    List<ModelId> snapshots =
        java.util.stream.IntStream.rangeClosed(1, document.get("snapshots").asInt())
            .mapToObj(epoch -> register(modelFile(hash + "-" + epoch)))
            .toList();
    return new Trained(register(modelFile(hash)), document, snapshots);
  }

  private Path modelFile(String name) {
    return directory("models").resolve(name + ".safetensors");
  }

  /** Takes in a model where it is. */
  ModelId register(Path file) {
    return store.register(file, Optional.empty());
  }

  /** Takes in a model of the user's, whose images are normalised so. */
  ModelId register(Path file, Normalization normalization) {
    return store.register(file, Optional.empty(), Map.of(Normalization.KEY, normalization.text()));
  }

  private Map<String, Object> trainingKey(Task.Train task) {
    Map<String, Object> key = new LinkedHashMap<>();
    Dataset data = datasets.get(task.data());
    key.put("architecture", task.architecture());
    key.put("data", data.specification());
    key.put("train_images", data.train().size());
    key.put("test_images", data.test().size());
    key.put("settings", task.settings().asText());
    key.put("normalization", task.preparation().normalization());
    key.put("augmentation", task.preparation().augmentation());
    key.put("keep_epochs", task.keepEpochs());
    return key;
  }

  /** What a merge came to, as a document, measured once. */
  JsonNode merge(Map<String, Object> key, MergeRequest request) {
    Map<String, Object> all = new LinkedHashMap<>(key);
    all.put("models", request.models().toString());
    all.put("alignment", request.alignment().toString());
    all.put("merge", request.merge().toString());
    all.put("correction", request.correction().toString());
    all.put("evaluation", request.evaluation().map(MergeRequest.EvaluationPlan::text).toString());
    return measured(
        all,
        () -> {
          MergeOutcome outcome = node.run(request, progress);
          Map<String, Object> document = Documents.outcome(outcome);
          return document;
        });
  }

  /** A measurement, made once. */
  JsonNode measured(Map<String, Object> key, Supplier<Map<String, Object>> measurement) {
    Path file = directory("points").resolve(hash(key) + ".json");
    if (!Files.exists(file)) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("key", key);
      document.put("found", measurement.get());
      Json.write(document, file);
    }
    return Json.read(file).get("found");
  }

  private Path directory(String name) {
    try {
      return Files.createDirectories(directory.resolve(name));
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot make " + directory.resolve(name), problem);
    }
  }

  /** The first 32 hexadecimal digits of the SHA-256 of a document. */
  static String hash(Map<String, Object> document) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(Json.text(document).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, 32);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }
}
