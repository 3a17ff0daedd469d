package org.rebasin.actors.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.Datasets;
import org.rebasin.model.architecture.GraphArchitecture;
import org.rebasin.model.checkpoint.DataType;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.Provenance;
import org.rebasin.model.checkpoint.TensorDeclaration;
import org.rebasin.model.data.DatasetSpecification;
import org.rebasin.model.data.Normalization;
import org.rebasin.model.description.GivenArchitecture;
import org.rebasin.model.description.OnnxModel;
import org.rebasin.model.evaluation.Classifier;
import org.rebasin.model.tensor.Weights;
import picocli.CommandLine.Option;

/** How the models on the command line are read. */
final class ModelOptions {
  private static final String ONNX = ".onnx";

  @Option(
      names = "--architecture",
      paramLabel = "ARCH",
      description =
          "The models' architecture, if the files do not tell it: mlp:784-512-10, vgg16, resnet50,"
              + " file:PATH of an architecture file, onnx:PATH of an ONNX model.")
  private String architecture;

  @Option(
      names = "--normalization",
      paramLabel = "NORM",
      description =
          "What the models' images are normalised by, if the files do not tell it: none, imagenet,"
              + " cifar10, cifar100, mnist, fashion-mnist, or mean=NUMBER,…:std=NUMBER,….")
  private String normalization;

  /** As the command line tells. */
  ModelOptions() {}

  /** As if the command line told this. */
  ModelOptions(Optional<String> architecture, Optional<String> normalization) {
    this.architecture = architecture.orElse(null);
    this.normalization = normalization.orElse(null);
  }

  /** What is told about the models beside their architecture. */
  private Map<String, String> told() {
    return normalization == null
        ? Map.of()
        : Map.of(Normalization.KEY, Normalization.parse(normalization).text());
  }

  Optional<String> architecture() {
    return Optional.ofNullable(architecture).map(given -> GivenArchitecture.parse(given).text());
  }

  /** Whether anything is told that the files may not tell. */
  private boolean tellsMore() {
    return architecture != null || normalization != null;
  }

  /** Registers models after checking all of them, and that they are of one network. */
  List<ModelId> register(ModelStore store, List<Path> paths) {
    List<Path> readable = paths.stream().filter(path -> !isOnnx(path)).toList();
    List<ModelFile> files = new ArrayList<>();
    try {
      // What shows in the headers is refused before anything is read whole.
      for (Path path : readable) {
        files.add(ModelFile.open(path, architecture()));
        files.get(0).requireSameTensors(files.get(files.size() - 1));
      }
    } finally {
      files.forEach(ModelFile::close);
    }
    List<ModelId> ids =
        paths.stream()
            .map(
                path ->
                    isOnnx(path)
                        ? convert(store, path)
                        : store.register(path, architecture(), told()))
            .toList();
    if (readable.size() < paths.size()) {
      requireSame(store, ids);
    }
    return ids;
  }

  private static void requireSame(ModelStore store, List<ModelId> ids) {
    try (ModelFile first = store.open(ids.get(0))) {
      for (ModelId id : ids.subList(1, ids.size())) {
        try (ModelFile other = store.open(id)) {
          first.requireSameTensors(other);
        }
      }
    }
  }

  static boolean isOnnx(Path path) {
    return path.getFileName().toString().endsWith(ONNX);
  }

  /** Takes an ONNX model in as the same network in safetensors. */
  private ModelId convert(ModelStore store, Path path) {
    OnnxModel model = OnnxModel.read(path);
    try (Weights weights = model.weights()) {
      weights.requireFinite(path.toString());
      Map<String, String> metadata = new HashMap<>(told());
      metadata.put(ModelFile.ARCHITECTURE, GraphArchitecture.of(model.network()).text());
      metadata.put(
          Provenance.KEY,
          new Provenance("convert", List.of(), Map.of("onnx", path.getFileName().toString()))
              .json());
      return store.write(weights, metadata);
    }
  }

  /**
   * A model whose file tells all that was told about it on the command line, since the file is all
   * that a server gets.
   */
  ModelId complete(ModelStore store, ModelId id) {
    if (!tellsMore()) {
      return id;
    }
    try (ModelFile file = store.open(id)) {
      Map<String, String> metadata = new HashMap<>(file.metadata());
      metadata.put(ModelFile.ARCHITECTURE, file.network().architecture());
      Weights values = file.weights();
      List<TensorDeclaration> tensors =
          Stream.concat(
                  file.state().stream(),
                  file.declarations().stream()
                      .map(
                          tensor ->
                              new TensorDeclaration(tensor.name(), DataType.F32, tensor.shape())))
              .toList();
      return store.write(
          new ArrayList<>(tensors),
          metadata,
          writer -> {
            file.copyState(writer);
            file.declarations()
                .forEach(
                    tensor ->
                        writer.write(
                            tensor.name(), values.get(tensor.name()).values().duplicate()));
          });
    }
  }

  /** A data set's text with every default, as servers write it: files tell of it, to the byte. */
  static String writtenOut(String data) {
    return DatasetSpecification.parse(data).text();
  }

  /** Loads a data set and refuses one that the model cannot read. */
  static void requireFit(ModelStore store, ModelId model, Datasets datasets, String data) {
    try (ModelFile file = store.open(model)) {
      Classifier.requireFit(file.network(), datasets.get(data).test());
    }
  }
}
