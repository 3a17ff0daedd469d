package org.rebasin.model.benchmark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.rebasin.model.alignment.Alignment;
import org.rebasin.model.alignment.CycleConsistentMatching;
import org.rebasin.model.alignment.ManyAlignment;
import org.rebasin.model.alignment.MergeMany;
import org.rebasin.model.alignment.StraightThrough;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.data.Batch;
import org.rebasin.model.data.BatchOrder;
import org.rebasin.model.data.Dataset;
import org.rebasin.model.data.DatasetSpecification;
import org.rebasin.model.evaluation.Classifier;
import org.rebasin.model.evaluation.Score;
import org.rebasin.model.merge.WeightedAverage;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Weights;

/**
 * Merges six trained networks into one, and aligns two by the straight-through estimator: how long
 * that takes, and what the merged network is worth on test images beside the naive mean.
 */
final class ManyModelBenchmarks implements AutoCloseable {
  private static final int[] EPOCHS = {25, 25, 6, 6, 6, 6};
  private static final int ROUNDS = 3;
  private static final int BATCH = 1000;
  private static final int STEPS = 480;

  private final Network network = Mlp.of(784, 512, 512, 512, 10).network();
  private final PermutationSpec spec = PermutationSpec.of(network);
  private final Dataset data;
  private final List<Weights> models = new ArrayList<>();

  private ManyModelBenchmarks(Dataset data) {
    this.data = data;
    for (int model = 0; model < EPOCHS.length; model++) {
      models.add(TrainedPair.train(network, data, EPOCHS[model], model + 1));
    }
  }

  /** Prints a row for each algorithm. */
  static void run() {
    String data = System.getProperty("rebasin.benchmark.data", "digits");
    try (ManyModelBenchmarks benchmarks =
        new ManyModelBenchmarks(DatasetSpecification.parse(data).load())) {
      benchmarks.many(
          "MergeMany",
          () ->
              MergeMany.align(benchmarks.spec, benchmarks.models, MergeMany.Settings.withSeed(0)));
      benchmarks.many(
          "cycle-consistent matching",
          () ->
              CycleConsistentMatching.align(
                  benchmarks.spec,
                  benchmarks.models,
                  CycleConsistentMatching.Settings.withSeed(0)));
      benchmarks.straightThrough();
    }
  }

  private void many(String name, Supplier<ManyAlignment> align) {
    ManyAlignment found = medianOf(align, ManyAlignment::seconds);
    print(
        String.format(
            Locale.ROOT,
            "%s, six 3×512 trained on %s; %d rounds, %d matchings, objective %.2f, mean of the"
                + " aligned %.2f %%, naive mean %.2f %%",
            name,
            data.name(),
            found.rounds(),
            found.matchings(),
            found.objective(),
            percent(models, found.permutations()),
            percent(models, Collections.nCopies(models.size(), spec.identity()))),
        found.seconds());
  }

  private void straightThrough() {
    Alignment found = medianOf(() -> straightThrough(STEPS), Alignment::seconds);
    List<Weights> pair = models.subList(0, 2);
    print(
        String.format(
            Locale.ROOT,
            "straight-through estimator, %d steps of %d, 3×512 trained on %s; objective %.2f,"
                + " midpoint %.2f %%, naive midpoint %.2f %%",
            found.sweeps(),
            BATCH,
            data.name(),
            found.objective(),
            percent(pair, List.of(spec.identity(), found.permutations())),
            percent(pair, List.of(spec.identity(), spec.identity()))),
        found.seconds());
  }

  /** That of some rounds which took the median time, after one that does not count. */
  private static <T> T medianOf(Supplier<T> align, ToDoubleFunction<T> seconds) {
    align.get();
    return Stream.generate(align)
        .limit(ROUNDS)
        .sorted(Comparator.comparingDouble(seconds))
        .toList()
        .get(ROUNDS / 2);
  }

  private Alignment straightThrough(int steps) {
    try (StraightThrough matching =
            new StraightThrough(
                network,
                spec,
                models.get(0),
                models.get(1),
                StraightThrough.Settings.withSeed(0),
                BATCH);
        Batch batch = new Batch(data.shape(), BATCH)) {
      for (int epoch = 1; matching.steps() < steps; epoch++) {
        BatchOrder order = BatchOrder.shuffled(data.train().size(), BATCH, 0, epoch);
        for (int i = 0; i < order.batches() && matching.steps() < steps; i++) {
          batch.fill(data.train(), order, i);
          matching.step(batch.inputs(), batch.labels(), batch.count());
        }
      }
      return matching.result();
    }
  }

  private double percent(List<Weights> parents, List<Permutations> permutations) {
    List<Weights> aligned = new ArrayList<>();
    for (int model = 0; model < parents.size(); model++) {
      aligned.add(permutations.get(model).apply(spec, parents.get(model)));
    }
    double[] equal = new double[aligned.size()];
    Arrays.fill(equal, 1);
    try (Weights mean = WeightedAverage.of(aligned, WeightedAverage.normalized(equal));
        Classifier classifier = new Classifier(network, data.test())) {
      Score score = classifier.evaluate(mean, data.test());
      return 100 * score.accuracy();
    } finally {
      aligned.forEach(Weights::close);
    }
  }

  private static void print(String name, double seconds) {
    System.out.println(String.format(Locale.ROOT, "| %s | %.2f s | – | |", name, seconds));
  }

  @Override
  public void close() {
    models.forEach(Weights::close);
  }
}
