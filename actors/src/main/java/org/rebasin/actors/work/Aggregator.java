package org.rebasin.actors.work;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.model.aggregation.Aggregation;
import org.rebasin.model.aggregation.Screening;
import org.rebasin.model.aggregation.TensorSource;
import org.rebasin.model.checkpoint.CheckpointException;
import org.rebasin.model.checkpoint.DataType;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.Provenance;
import org.rebasin.model.checkpoint.SafetensorsFile;
import org.rebasin.model.checkpoint.TensorDeclaration;
import org.rebasin.model.network.Parameter;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;

/** Looks at contributions to a global model, and makes its next version of them. */
final class Aggregator {
  private final ModelStore store;

  Aggregator(ModelStore store) {
    this.store = store;
  }

  TaskResult.Screened screen(Task.Screen task) {
    try (Opened opened = new Opened()) {
      Optional<ModelFile> reference = task.reference().map(opened::model);
      Screening screening = screen(task, reference, store.path(task.model()));
      return new TaskResult.Screened(
          screening.objection(), screening.norm(), screening.referenceNorm());
    }
  }

  private Screening screen(Task.Screen task, Optional<ModelFile> reference, Path path) {
    try (ModelFile model = store.open(task.model())) {
      return Screening.of(model, reference, task.architecture(), task.normBound());
    } catch (CheckpointException | IllegalArgumentException unreadable) {
      if (unreadable.getCause() instanceof IOException) {
        // This node's fault, and none of the model's.
        throw unreadable;
      }
      // Its own architecture does not fit its tensors, or it is no model at all.
      return Screening.refused(unreadable.getMessage().replace(path.toString(), "the model"));
    }
  }

  TaskResult.Aggregated aggregate(Task.Aggregate task) {
    try (Opened opened = new Opened()) {
      Optional<ModelFile> global = task.global().map(opened::model);
      List<ModelFile> models =
          task.ingredients().stream().map(each -> opened.model(each.model())).toList();
      ModelFile first = global.orElseGet(() -> models.get(0));
      models.forEach(first::requireSameTensors);
      PermutationSpec spec = PermutationSpec.of(first.network());
      List<Aggregation.Ingredient> ingredients = new ArrayList<>();
      for (int i = 0; i < models.size(); i++) {
        Ingredient ingredient = task.ingredients().get(i);
        TensorSource tensors = models.get(i)::read;
        ingredients.add(
            new Aggregation.Ingredient(
                ingredient.permutations().map(p -> tensors.permuted(spec, p)).orElse(tensors),
                ingredient.base().map(base -> opened.base(base, first)),
                ingredient.staleness(),
                ingredient.examples()));
      }
      return write(
          task,
          first,
          new Aggregation(
              task.settings(),
              ingredients,
              global.map(file -> file::read),
              task.serverState().map(opened::tensors)));
    }
  }

  /** Writes model and state side by side, as their tensors are made. */
  private TaskResult.Aggregated write(
      Task.Aggregate task, ModelFile first, Aggregation aggregation) {
    Map<String, Boolean> trainable =
        first.network().parameters().stream()
            .collect(Collectors.toMap(Parameter::name, Parameter::trainable));
    Map<String, String> metadata = new TreeMap<>(first.metadata());
    metadata.put(ModelFile.ARCHITECTURE, first.network().architecture());
    metadata.put(Provenance.KEY, provenance(task));
    List<TensorDeclaration> memories =
        first.declarations().stream()
            .flatMap(
                tensor ->
                    aggregation.stateOf(tensor.name(), trainable.get(tensor.name())).stream()
                        .map(name -> new TensorDeclaration(name, DataType.F32, tensor.shape())))
            .toList();
    try (ModelStore.Product model =
            store.create(
                Stream.concat(first.state().stream(), first.declarations().stream()).toList(),
                metadata);
        ModelStore.Product state =
            store.create(memories, Map.of(Provenance.KEY, provenance(task)))) {
      first.copyState(model.writer());
      for (TensorDeclaration tensor : first.declarations()) {
        boolean learned = trainable.get(tensor.name());
        try (Aggregation.Result made = aggregation.tensor(tensor.name(), learned)) {
          model.writer().write(tensor.name(), made.value().values().duplicate());
          List<String> names = aggregation.stateOf(tensor.name(), learned);
          for (int i = 0; i < names.size(); i++) {
            state.writer().write(names.get(i), made.state().get(i).values().duplicate());
          }
        }
      }
      return new TaskResult.Aggregated(
          model.commit(), memories.isEmpty() ? Optional.empty() : Optional.of(state.commit()));
    }
  }

  private static String provenance(Task.Aggregate task) {
    Map<String, String> settings = new TreeMap<>(task.settings().asText());
    settings.put("global", String.valueOf(task.global().isPresent()));
    settings.put("server_state", task.serverState().map(ModelId::sha256).orElse(""));
    List<String> inputs = new ArrayList<>();
    task.global().map(ModelId::sha256).ifPresent(inputs::add);
    for (int i = 0; i < task.ingredients().size(); i++) {
      Ingredient ingredient = task.ingredients().get(i);
      inputs.add(ingredient.model().sha256());
      settings.put(
          "ingredient_" + (i + 1),
          "examples %d, staleness %d, base %s, permutations %s"
              .formatted(
                  ingredient.examples(),
                  ingredient.staleness(),
                  ingredient.base().map(ModelId::sha256).orElse("none"),
                  ingredient.permutations().map(Permutations::sha256).orElse("none")));
    }
    return new Provenance("aggregate", inputs, settings).json();
  }

  /** Files of one task, each opened once. */
  private final class Opened implements AutoCloseable {
    private final Map<ModelId, ModelFile> models = new HashMap<>();
    private final List<SafetensorsFile> others = new ArrayList<>();

    ModelFile model(ModelId id) {
      return models.computeIfAbsent(id, store::open);
    }

    TensorSource base(ModelId id, ModelFile expected) {
      ModelFile base = model(id);
      expected.requireSameTensors(base);
      return base::read;
    }

    TensorSource tensors(ModelId id) {
      SafetensorsFile file = SafetensorsFile.open(store.path(id));
      others.add(file);
      return TensorSource.of(file);
    }

    @Override
    public void close() {
      models.values().forEach(ModelFile::close);
      others.forEach(SafetensorsFile::close);
    }
  }
}
