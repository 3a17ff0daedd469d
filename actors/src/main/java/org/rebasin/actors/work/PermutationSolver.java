package org.rebasin.actors.work;

import akka.stream.ActorAttributes;
import akka.stream.Materializer;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
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
import org.rebasin.actors.store.Labels;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.stream.ModelTensors;
import org.rebasin.actors.telemetry.AlignmentMetrics;
import org.rebasin.model.alignment.ActivationMatching;
import org.rebasin.model.alignment.ActivationMatching.Score;
import org.rebasin.model.alignment.ActivationMoments;
import org.rebasin.model.alignment.Alignment;
import org.rebasin.model.alignment.CycleConsistentMatching;
import org.rebasin.model.alignment.ManyAlignment;
import org.rebasin.model.alignment.MergeMany;
import org.rebasin.model.alignment.WeightMatching;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.Provenance;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Weights;

/**
 * Finds permutations, and makes the models that follow from them. Everything it holds is read from
 * the store again when a task is repeated.
 */
public final class PermutationSolver implements TaskRunner {
  private final ModelStore store;
  private final Datasets datasets;
  private final Materializer materializer;
  private final Aggregator aggregator;

  /** What a solver works with. */
  public PermutationSolver(ModelStore store, Datasets datasets, Materializer materializer) {
    this.store = store;
    this.datasets = datasets;
    this.materializer = materializer;
    this.aggregator = new Aggregator(store);
  }

  @Override
  public CompletionStage<TaskResult> run(Task task, Consumer<Progress> progress) {
    if (task instanceof Task.Align align) {
      return solve(align, List.of(), progress).thenCompose(found -> aligned(align, found));
    }
    if (task instanceof Task.AlignFrom from) {
      return solve(from.alignment(), List.of(from.start()), progress)
          .thenCompose(found -> aligned(from.alignment(), found));
    }
    if (task instanceof Task.Match match) {
      return CompletableFuture.completedStage(match(match));
    }
    if (task instanceof Task.Screen screen) {
      return CompletableFuture.completedStage(aggregator.screen(screen));
    }
    if (task instanceof Task.Aggregate aggregate) {
      return CompletableFuture.completedStage(aggregator.aggregate(aggregate));
    }
    if (task instanceof Task.AlignMany many) {
      return CompletableFuture.completedStage(alignMany(many));
    }
    if (task instanceof Task.Merge merge) {
      return merge(merge);
    }
    throw new IllegalStateException("not a solver's task: " + task);
  }

  private CompletionStage<Alignment> solve(
      Task.Align task, List<Permutations> starts, Consumer<Progress> progress) {
    if (task.matching() instanceof Matching.StraightThrough matching) {
      return straightThrough(task, matching, progress);
    }
    try (ModelFile reference = store.open(task.reference());
        ModelFile model = store.open(task.model())) {
      reference.requireSameTensors(model);
      PermutationSpec spec = PermutationSpec.of(reference.network());
      if (task.matching() instanceof Matching.Activation activation) {
        try (ActivationMoments moments = moments(task.moments(), spec, reference.network())) {
          return CompletableFuture.completedStage(
              ActivationMatching.align(
                  spec, reference.weights(), model.weights(), moments, score(activation)));
        }
      }
      int restarts = ((Matching.Weight) task.matching()).restarts();
      return CompletableFuture.completedStage(
          WeightMatching.align(
              spec,
              reference.weights(),
              model.weights(),
              new WeightMatching.Settings(task.seed(), restarts, withIdentity(spec, starts), 0)));
    }
  }

  private static Score score(Matching.Activation matching) {
    return matching.pearson() ? Score.PEARSON : Score.INNER_PRODUCT;
  }

  /** What takes weights to tell is not told. */
  private TaskResult match(Task.Match task) {
    Network network = task.outline().network();
    PermutationSpec spec = PermutationSpec.of(network);
    Score score = score(task.matching());
    try (ActivationMoments moments = moments(task.moments(), spec, network)) {
      long started = System.nanoTime();
      Permutations found = ActivationMatching.solve(spec, moments, score);
      double seconds = (System.nanoTime() - started) / 1e9;
      return new TaskResult.Matched(
          new TaskResult.Aligned(
              new Alignment(score.method(), found, Double.NaN, Double.NaN, 1, seconds, 0),
              groups(spec, found),
              Optional.empty()),
          ActivationMatching.similarity(moments, spec.identity(), score),
          ActivationMatching.similarity(moments, found, score));
    }
  }

  /** A model that was near another one may just as well be near it still, or again. */
  private static List<Permutations> withIdentity(PermutationSpec spec, List<Permutations> starts) {
    return starts.isEmpty()
        ? starts
        : Stream.concat(starts.stream(), Stream.of(spec.identity())).distinct().toList();
  }

  /** The moments of all shards, combined in their order. */
  private ActivationMoments moments(List<ModelId> shards, PermutationSpec spec, Network network) {
    ActivationMoments all = stored(shards.get(0), spec, network);
    try {
      for (ModelId shard : shards.subList(1, shards.size())) {
        try (ActivationMoments next = stored(shard, spec, network)) {
          all.combine(next);
        }
      }
      return all;
    } catch (RuntimeException problem) {
      all.close();
      throw problem;
    }
  }

  private ActivationMoments stored(ModelId id, PermutationSpec spec, Network network) {
    try (Weights tensors = store.readTensors(id)) {
      return ActivationMoments.fromWeights(spec, network, tensors);
    }
  }

  /** Batches are filled ahead while the estimator takes its steps. */
  private CompletionStage<Alignment> straightThrough(
      Task.Align task, Matching.StraightThrough matching, Consumer<Progress> progress) {
    StraightThroughSession session =
        StraightThroughSession.open(
            store, task, matching, datasets.get(matching.data()).train(), progress);
    return session
        .batches()
        .source()
        .map(session::step)
        .toMat(Sink.ignore(), Keep.right())
        .withAttributes(ActorAttributes.dispatcher(Role.SOLVER.dispatcher()))
        .run(materializer)
        .thenApply(done -> session.result())
        .whenComplete((result, thrown) -> session.close());
  }

  private TaskResult alignMany(Task.AlignMany task) {
    List<ModelFile> files = new ArrayList<>();
    try {
      for (ModelId model : task.models()) {
        ModelFile file = store.open(model);
        files.add(file);
        files.get(0).requireSameTensors(file);
      }
      PermutationSpec spec = PermutationSpec.of(files.get(0).network());
      List<Weights> models = files.stream().map(ModelFile::weights).toList();
      ManyAlignment alignment =
          switch (task.strategy()) {
            case MERGE_MANY ->
                MergeMany.align(spec, models, MergeMany.Settings.withSeed(task.seed()));
            case CYCLE_CONSISTENT ->
                CycleConsistentMatching.align(
                    spec, models, CycleConsistentMatching.Settings.withSeed(task.seed()));
            case TO_REFERENCE ->
                throw new IllegalStateException("each model is aligned to the first by itself");
          };
      AlignmentMetrics.aligned(alignment, spec);
      return new TaskResult.AlignedMany(alignment);
    } finally {
      files.forEach(ModelFile::close);
    }
  }

  private CompletionStage<TaskResult> aligned(Task.Align task, Alignment alignment) {
    PermutationSpec spec;
    try (ModelFile reference = store.open(task.reference())) {
      spec = PermutationSpec.of(reference.network());
    }
    AlignmentMetrics.aligned(alignment, spec);
    Permutations permutations = alignment.permutations();
    List<TaskResult.GroupReport> groups = groups(spec, permutations);
    if (!task.keepModel()) {
      return CompletableFuture.completedStage(
          new TaskResult.Aligned(alignment, groups, Optional.empty()));
    }
    return average(
            List.of(new Task.Member(task.model(), Optional.of(permutations))),
            new double[] {1},
            new Provenance(
                "align", List.of(task.reference().sha256(), task.model().sha256()), settings(task)))
        .thenApply(aligned -> new TaskResult.Aligned(alignment, groups, Optional.of(aligned)));
  }

  private static List<TaskResult.GroupReport> groups(
      PermutationSpec spec, Permutations permutations) {
    return IntStream.range(0, spec.groups().size())
        .mapToObj(
            g ->
                new TaskResult.GroupReport(
                    spec.groups().get(g).name(),
                    spec.groups().get(g).size(),
                    permutations.byGroup().get(g).moved()))
        .toList();
  }

  private static Map<String, String> settings(Task.Align task) {
    Map<String, String> settings = new TreeMap<>();
    settings.put("method", task.matching().text());
    settings.put("seed", String.valueOf(task.seed()));
    settings.putAll(task.matching().settings());
    return settings;
  }

  private CompletionStage<TaskResult> merge(Task.Merge task) {
    Map<String, String> settings = new TreeMap<>(task.alignment());
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
      // What is made of private weights tells of them.
      if (members.stream().anyMatch(member -> store.isPrivate(member.model()))) {
        metadata.put(Labels.VISIBILITY, Labels.PRIVATE);
      }
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
