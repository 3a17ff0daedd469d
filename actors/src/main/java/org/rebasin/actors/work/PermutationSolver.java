package org.rebasin.actors.work;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.stream.Materializer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.stream.ModelTensors;
import org.rebasin.model.alignment.Alignment;
import org.rebasin.model.alignment.WeightMatching;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.Provenance;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;

/**
 * Finds permutations, and makes the models that follow from them. Everything it holds is read from
 * the store again when a task is repeated.
 */
public final class PermutationSolver implements TaskRunner {
  private final ModelStore store;
  private final Materializer materializer;

  /** What a solver works with. */
  public PermutationSolver(ModelStore store, Materializer materializer) {
    this.store = store;
    this.materializer = materializer;
  }

  /** A supervised worker that solves. */
  public static Behavior<Worker.Command> create(
      ActorRef<WorkQueue.Command> queue, TaskRunner solver) {
    return Worker.create(Role.SOLVER, queue, solver);
  }

  @Override
  public CompletionStage<TaskResult> run(Task task, Consumer<Progress> progress) {
    if (task instanceof Task.Align align) {
      return align(align);
    }
    if (task instanceof Task.Merge merge) {
      return merge(merge);
    }
    throw new IllegalStateException("not a solver's task: " + task);
  }

  private CompletionStage<TaskResult> align(Task.Align task) {
    Alignment alignment;
    PermutationSpec spec;
    try (ModelFile reference = store.open(task.reference());
        ModelFile model = store.open(task.model())) {
      reference.requireSameTensors(model);
      spec = PermutationSpec.of(reference.network());
      alignment =
          WeightMatching.align(
              spec,
              reference.weights(),
              model.weights(),
              new WeightMatching.Settings(task.seed(), task.restarts(), Optional.empty()));
    }
    Permutations permutations = alignment.permutations();
    List<TaskResult.GroupReport> groups =
        IntStream.range(0, spec.groups().size())
            .mapToObj(
                g ->
                    new TaskResult.GroupReport(
                        spec.groups().get(g).name(),
                        spec.groups().get(g).size(),
                        permutations.byGroup().get(g).moved()))
            .toList();
    if (!task.keepModel()) {
      return CompletableFuture.completedStage(
          new TaskResult.Aligned(alignment, groups, Optional.empty()));
    }
    Provenance provenance =
        new Provenance(
            "align",
            List.of(task.reference().sha256(), task.model().sha256()),
            Map.of(
                "method", task.method().text(),
                "seed", String.valueOf(task.seed()),
                "restarts", String.valueOf(task.restarts())));
    return average(
            List.of(new Task.Member(task.model(), Optional.of(permutations))),
            new double[] {1},
            provenance)
        .thenApply(aligned -> new TaskResult.Aligned(alignment, groups, Optional.of(aligned)));
  }

  private CompletionStage<TaskResult> merge(Task.Merge task) {
    Map<String, String> settings = new TreeMap<>();
    settings.put("strategy", task.strategy());
    settings.put("weights", task.weights().toString());
    return average(
            task.members(),
            task.weights().stream().mapToDouble(Double::doubleValue).toArray(),
            new Provenance(
                "merge",
                task.members().stream().map(member -> member.model().sha256()).toList(),
                settings))
        .thenApply(TaskResult.Merged::new);
  }

  /** Writes the weighted average of permuted models, read as a stream. */
  private CompletionStage<ModelId> average(
      List<Task.Member> members, double[] weights, Provenance provenance) {
    List<ModelFile> files = new ArrayList<>();
    ModelStore.Product product;
    try {
      for (Task.Member member : members) {
        ModelFile file = store.open(member.model());
        files.add(file);
        files.get(0).requireSameTensors(file);
      }
      ModelFile first = files.get(0);
      Map<String, String> metadata = new TreeMap<>(first.metadata());
      metadata.put(ModelFile.ARCHITECTURE, first.network().architecture());
      metadata.put(Provenance.KEY, provenance.json());
      product =
          store.create(
              Stream.concat(first.state().stream(), first.declarations().stream()).toList(),
              metadata);
    } catch (RuntimeException problem) {
      files.forEach(ModelFile::close);
      throw problem;
    }
    try {
      files.get(0).copyState(product.writer());
    } catch (RuntimeException problem) {
      product.close();
      files.forEach(ModelFile::close);
      throw problem;
    }
    return new ModelTensors(
            PermutationSpec.of(files.get(0).network()),
            IntStream.range(0, files.size())
                .mapToObj(i -> new ModelTensors.Member(files.get(i), members.get(i).permutations()))
                .toList(),
            weights)
        .averageInto(
            (tensor, mean) -> product.writer().write(tensor.name(), mean.values().duplicate()),
            Role.SOLVER.dispatcher(),
            materializer)
        .thenApply(done -> product.commit())
        .whenComplete(
            (result, thrown) -> {
              product.close();
              files.forEach(ModelFile::close);
            });
  }
}
