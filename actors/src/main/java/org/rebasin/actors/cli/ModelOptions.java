package org.rebasin.actors.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.Datasets;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.evaluation.Classifier;
import picocli.CommandLine.Option;

/** How the models on the command line are read. */
final class ModelOptions {
  @Option(
      names = "--architecture",
      paramLabel = "ARCH",
      description = "The models' architecture, if the files do not tell it: mlp:784-512-10.")
  String architecture;

  Optional<String> architecture() {
    return Optional.ofNullable(architecture);
  }

  /** Registers models after checking all of them, and that they are of one network. */
  List<ModelId> register(ModelStore store, List<Path> paths) {
    List<ModelFile> files = new ArrayList<>();
    try {
      for (Path path : paths) {
        files.add(ModelFile.open(path, architecture()));
        files.get(0).requireSameTensors(files.get(files.size() - 1));
      }
    } finally {
      files.forEach(ModelFile::close);
    }
    return paths.stream().map(path -> store.register(path, architecture())).toList();
  }

  /** Loads a data set and refuses one that the model cannot read. */
  static void requireFit(ModelStore store, ModelId model, Datasets datasets, String data) {
    try (ModelFile file = store.open(model)) {
      Classifier.requireFit(file.network(), datasets.get(data).test());
    }
  }
}
