package org.rebasin.actors.experiment;

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
    List<CompletableFuture<Trained>> all =
        tasks.stream().map(task -> train(task).toCompletableFuture()).toList();
    return all.stream().map(RebasinNode::await).toList();
  }

  private CompletionStage<Trained> train(Task.Train task) {
    String hash = hash(trainingKey(task));
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
