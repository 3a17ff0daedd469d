package org.rebasin.model.aggregation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.rebasin.model.aggregation.AggregationSettings.Rule;
import org.rebasin.model.aggregation.AggregationSettings.ServerOptimizer;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.merge.WeightedAverage;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.permutation.RandomPermutations;
import org.rebasin.model.tensor.NativeMemory;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.RandomWeights;

class AggregationProperties {
  private static final Network NETWORK = Mlp.of(6, 40, 30, 4).network();
  private static final PermutationSpec SPEC = PermutationSpec.of(NETWORK);

  private static AggregationSettings settings(Rule rule) {
    return new AggregationSettings(rule, ServerOptimizer.SGD, 1, 0, 0, 0.2);
  }

  private static AggregationSettings settings(Rule rule, ServerOptimizer optimizer, double rate) {
    return new AggregationSettings(rule, optimizer, rate, 0.9, 0, 0.2);
  }

  private static TensorSource source(Weights weights) {
    return name -> {
      Tensor copy = Tensor.allocate(weights.get(name).shape());
      copy.copyFrom(weights.get(name));
      return copy;
    };
  }

  private static Aggregation.Ingredient fresh(Weights weights, Weights base) {
    return new Aggregation.Ingredient(source(weights), Optional.of(source(base)), 0, 100);
  }

  private static List<Weights> models(int count, int seed) {
    return IntStream.range(0, count)
        .mapToObj(i -> RandomWeights.gaussian(1000L * seed + 10 * i, NETWORK))
        .toList();
  }

  /** All tensors of an aggregation by name, on the heap, with what is remembered of them. */
  private static Map<String, float[]> run(Aggregation aggregation) {
    Map<String, float[]> all = new LinkedHashMap<>();
    NETWORK
        .parameters()
        .forEach(
            parameter -> {
              List<String> names = aggregation.stateOf(parameter.name(), true);
              try (Aggregation.Result made = aggregation.tensor(parameter.name(), true)) {
                all.put(parameter.name(), made.value().toArray());
                for (int i = 0; i < names.size(); i++) {
                  all.put(names.get(i), made.state().get(i).toArray());
                }
              }
            });
    return all;
  }

  private static void assertSameBits(Map<String, float[]> expected, Map<String, float[]> found) {
    assertEquals(expected.keySet(), found.keySet());
    expected.forEach((name, values) -> assertArrayEquals(values, found.get(name), name));
  }

  private static void assertNear(Map<String, float[]> expected, Map<String, float[]> found) {
    expected.forEach((name, values) -> assertArrayEquals(values, found.get(name), 2e-6f, name));
  }

  @Property(tries = 15, seed = "1")
  void averageByExamplesIsTheWeightedAverage(
      @ForAll @IntRange(min = 1, max = 6) int count, @ForAll @IntRange(max = 999) int seed) {
    List<Weights> models = models(count, seed);
    double[] examples = IntStream.range(0, count).mapToDouble(i -> 1 + 37 * i).toArray();
    Aggregation aggregation =
        new Aggregation(
            settings(Rule.FEDAVG),
            IntStream.range(0, count)
                .mapToObj(
                    i ->
                        new Aggregation.Ingredient(
                            source(models.get(i)), Optional.empty(), i, (long) examples[i]))
                .toList(),
            Optional.of(source(models.get(0))),
            Optional.empty());
    try (Weights expected = WeightedAverage.of(models, WeightedAverage.normalized(examples))) {
      Map<String, float[]> found = run(aggregation);
      expected
          .tensors()
          .forEach((name, tensor) -> assertArrayEquals(tensor.toArray(), found.get(name), name));
    }
    models.forEach(Weights::close);
  }

  /** Whether units are moved while reading or before makes no difference, by every rule. */
  @Property(tries = 8, seed = "1")
  void permutedWhileReadingIsPermutedBefore(
      @ForAll Rule rule, @ForAll ServerOptimizer optimizer, @ForAll @IntRange(max = 999) int seed) {
    List<Weights> models = models(5, seed);
    List<Permutations> permutations =
        IntStream.range(0, 5).mapToObj(i -> RandomPermutations.of(SPEC, 7L * seed + i)).toList();
    List<Aggregation.Ingredient> reading = new ArrayList<>();
    List<Aggregation.Ingredient> before = new ArrayList<>();
    List<Weights> permuted = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      reading.add(
          new Aggregation.Ingredient(
              source(models.get(i)).permuted(SPEC, permutations.get(i)), Optional.empty(), i, 9));
      permuted.add(permutations.get(i).apply(SPEC, models.get(i)));
      before.add(new Aggregation.Ingredient(source(permuted.get(i)), Optional.empty(), i, 9));
    }
    Optional<TensorSource> global = Optional.of(source(models.get(0)));
    AggregationSettings settings = settings(rule, optimizer, 0.5);
    assertSameBits(
        run(new Aggregation(settings, before, global, Optional.empty())),
        run(new Aggregation(settings, reading, global, Optional.empty())));
    models.forEach(Weights::close);
    permuted.forEach(Weights::close);
  }

  @Property(tries = 30, seed = "1")
  void trimmedMeanAndMedianAreThoseOfTheSortedValues(
      @ForAll @IntRange(min = 1, max = 9) int count,
      @ForAll @DoubleRange(min = 0, max = 0.49) double fraction,
      @ForAll @IntRange(max = 999) int seed) {
    List<Weights> models = models(count, seed);
    List<Aggregation.Ingredient> ingredients =
        models.stream().map(model -> fresh(model, models.get(0))).toList();
    AggregationSettings trimmed =
        new AggregationSettings(Rule.TRIMMED_MEAN, ServerOptimizer.SGD, 1, 0, 0, fraction);
    Map<String, float[]> means =
        run(new Aggregation(trimmed, ingredients, Optional.empty(), Optional.empty()));
    Map<String, float[]> medians =
        run(
            new Aggregation(
                settings(Rule.MEDIAN), ingredients, Optional.empty(), Optional.empty()));
    int trim = (int) Math.floor(fraction * count + 1e-9);
    for (String name : models.get(0).names()) {
      for (int i = 0; i < means.get(name).length; i++) {
        int at = i;
        double[] sorted =
            models.stream().mapToDouble(m -> m.get(name).values().get(at)).sorted().toArray();
        double mean = Arrays.stream(sorted, trim, count - trim).average().orElseThrow();
        assertEquals(mean, means.get(name)[i], 1e-6);
        double median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
        assertEquals(median, medians.get(name)[i], 1e-6);
      }
    }
    models.forEach(Weights::close);
  }

  /** Whatever one of five sends, no coordinate leaves the range of the other four. */
  @Property(tries = 20, seed = "1")
  void medianStaysWithinTheHonest(
      @ForAll @IntRange(max = 4) int malicious,
      @ForAll @DoubleRange(min = -1e30, max = 1e30) double scale,
      @ForAll @IntRange(max = 999) int seed) {
    List<Weights> models = models(5, seed);
    models
        .get(malicious)
        .tensors()
        .values()
        .forEach(
            tensor -> {
              for (int i = 0; i < tensor.size(); i++) {
                tensor.values().put(i, (float) (scale * tensor.values().get(i)));
              }
            });
    Map<String, float[]> medians =
        run(
            new Aggregation(
                settings(Rule.MEDIAN),
                models.stream().map(model -> fresh(model, models.get(0))).toList(),
                Optional.of(source(models.get(0))),
                Optional.empty()));
    for (String name : models.get(0).names()) {
      for (int i = 0; i < medians.get(name).length; i++) {
        int at = i;
        double[] honest =
            IntStream.range(0, 5)
                .filter(m -> m != malicious)
                .mapToDouble(m -> models.get(m).get(name).values().get(at))
                .sorted()
                .toArray();
        assertTrue(honest[0] <= medians.get(name)[i] && medians.get(name)[i] <= honest[3], name);
      }
    }
    models.forEach(Weights::close);
  }

  @Property(tries = 10, seed = "1")
  void bufferedChangesOfTheGlobalModelAreTheAverage(
      @ForAll @IntRange(min = 1, max = 6) int count, @ForAll @IntRange(max = 999) int seed) {
    List<Weights> models = models(count + 1, seed);
    Weights global = models.get(count);
    List<Aggregation.Ingredient> ingredients =
        models.subList(0, count).stream().map(model -> fresh(model, global)).toList();
    Optional<TensorSource> current = Optional.of(source(global));
    assertNear(
        run(new Aggregation(settings(Rule.FEDAVG), ingredients, current, Optional.empty())),
        run(new Aggregation(settings(Rule.FEDBUFF), ingredients, current, Optional.empty())));
    models.forEach(Weights::close);
  }

  /** Two steps of each optimiser against the formulas in double, state carried between them. */
  @Property(tries = 12, seed = "1")
  void serverStepsAreThoseOfTheFormulas(
      @ForAll Rule rule, @ForAll ServerOptimizer optimizer, @ForAll @IntRange(max = 999) int seed) {
    AggregationSettings settings = settings(rule, optimizer, 0.25);
    Weights global = RandomWeights.gaussian(seed, NETWORK);
    Map<String, double[]> x = new LinkedHashMap<>();
    global.tensors().forEach((name, tensor) -> x.put(name, doubles(tensor.toArray())));
    Map<String, double[]> first = zeros(x, 0);
    Map<String, double[]> second = zeros(x, 1e-6);
    Weights current = Weights.copyOf(global);
    Optional<Weights> state = Optional.empty();
    for (int step = 0; step < 2; step++) {
      List<Weights> models = models(3, seed + 1 + step);
      Map<String, float[]> combined =
          run(
              new Aggregation(
                  settings(rule == Rule.FEDBUFF ? Rule.FEDAVG : rule),
                  models.stream().map(model -> fresh(model, global)).toList(),
                  Optional.empty(),
                  Optional.empty()));
      for (String name : x.keySet()) {
        double[] at = x.get(name);
        for (int i = 0; i < at.length; i++) {
          double from = rule == Rule.FEDBUFF ? global.get(name).values().get(i) : at[i];
          at[i] += change(optimizer, combined.get(name)[i] - from, first, second, name, i);
        }
      }
      Map<String, float[]> found =
          run(
              new Aggregation(
                  settings,
                  models.stream().map(model -> fresh(model, global)).toList(),
                  Optional.of(source(current)),
                  state.map(AggregationProperties::source)));
      for (String name : x.keySet()) {
        for (int i = 0; i < x.get(name).length; i++) {
          assertEquals(x.get(name)[i], found.get(name)[i], 2e-5, optimizer + " " + name);
        }
      }
      current.close();
      state.ifPresent(Weights::close);
      Map<String, Tensor> weights = new LinkedHashMap<>();
      Map<String, Tensor> remembered = new LinkedHashMap<>();
      found.forEach(
          (name, values) ->
              (x.containsKey(name) ? weights : remembered)
                  .put(name, Tensor.of(values, values.length)));
      current = shaped(weights, global);
      state =
          optimizer == ServerOptimizer.SGD
              ? Optional.empty()
              : Optional.of(shapedState(remembered, global));
      models.forEach(Weights::close);
    }
    current.close();
    state.ifPresent(Weights::close);
    global.close();
  }

  private static double change(
      ServerOptimizer optimizer,
      double delta,
      Map<String, double[]> first,
      Map<String, double[]> second,
      String name,
      int i) {
    double rate = 0.25;
    double beta = 0.9;
    return switch (optimizer) {
      case SGD -> rate * delta;
      case MOMENTUM -> rate * (first.get(name)[i] = beta * first.get(name)[i] + delta);
      case ADAM -> {
        first.get(name)[i] = beta * first.get(name)[i] + (1 - beta) * delta;
        second.get(name)[i] = 0.99 * second.get(name)[i] + 0.01 * delta * delta;
        yield rate * first.get(name)[i] / (Math.sqrt(second.get(name)[i]) + 1e-3);
      }
    };
  }

  private static double[] doubles(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  private static Map<String, double[]> zeros(Map<String, double[]> like, double value) {
    Map<String, double[]> zeros = new LinkedHashMap<>();
    like.forEach(
        (name, values) -> {
          double[] filled = new double[values.length];
          Arrays.fill(filled, value);
          zeros.put(name, filled);
        });
    return zeros;
  }

  private static Weights shaped(Map<String, Tensor> flat, Weights like) {
    Weights shaped = Weights.like(like);
    flat.forEach(
        (name, tensor) -> {
          shaped.get(name).copyFrom(tensor);
          tensor.close();
        });
    return shaped;
  }

  private static Weights shapedState(Map<String, Tensor> flat, Weights like) {
    Map<String, Tensor> shaped = new LinkedHashMap<>();
    flat.forEach(
        (name, tensor) -> {
          Tensor copy = Tensor.allocate(like.get(name.substring(0, name.lastIndexOf('.'))).shape());
          copy.copyFrom(tensor);
          tensor.close();
          shaped.put(name, copy);
        });
    return new Weights(shaped);
  }

  @Property(tries = 10, seed = "1")
  void sameContributionsInTheSameOrderGiveTheSameBits(
      @ForAll Rule rule, @ForAll ServerOptimizer optimizer, @ForAll @IntRange(max = 999) int seed) {
    List<Weights> models = models(4, seed);
    List<Aggregation.Ingredient> ingredients =
        IntStream.range(0, 4)
            .mapToObj(
                i ->
                    new Aggregation.Ingredient(source(models.get(i)), Optional.empty(), i, 10L + i))
            .toList();
    AggregationSettings settings = new AggregationSettings(rule, optimizer, 0.5, 0.9, 0.5, 0.25);
    Optional<TensorSource> global = Optional.of(source(models.get(3)));
    assertSameBits(
        run(new Aggregation(settings, ingredients, global, Optional.empty())),
        run(new Aggregation(settings, ingredients, global, Optional.empty())));
    models.forEach(Weights::close);
  }

  /** By the square root of 1, 2 and 5 versions, as in the table of the FedBuff paper's rule. */
  @Example
  void staleContributionsCountLess() {
    long[] examples = {100, 100, 300};
    int[] staleness = {0, 3, 0};
    assertArrayEquals(
        new double[] {2 / 9.0, 1 / 9.0, 6 / 9.0},
        Aggregation.weights(
            new AggregationSettings(Rule.FEDAVG, ServerOptimizer.SGD, 1, 0, 0.5, 0),
            examples,
            staleness),
        1e-12);
    assertArrayEquals(
        new double[] {0.2, 0.1, 0.6},
        Aggregation.weights(
            new AggregationSettings(Rule.FEDBUFF, ServerOptimizer.SGD, 1, 0, 0.5, 0),
            examples,
            staleness),
        1e-12);
    assertArrayEquals(
        new double[] {1 / 3.0, 1 / 3.0, 1 / 3.0},
        Aggregation.weights(settings(Rule.MEDIAN), examples, staleness),
        1e-12);
  }

  /** The server's step could make a variance negative; the mean of variances cannot. */
  @Example
  void runningStatisticsAreAveragedWhateverTheOptimiser() {
    try (Tensor low = Tensor.of(new float[] {0.25f, 1}, 2);
        Tensor high = Tensor.of(new float[] {0.75f, 3}, 2);
        Tensor global = Tensor.of(new float[] {0.01f, 9}, 2);
        Weights one = new Weights(Map.of("variance", low));
        Weights other = new Weights(Map.of("variance", high));
        Weights current = new Weights(Map.of("variance", global))) {
      for (Rule rule : Rule.values()) {
        for (ServerOptimizer optimizer : ServerOptimizer.values()) {
          Aggregation aggregation =
              new Aggregation(
                  settings(rule, optimizer, 2),
                  List.of(fresh(one, current), fresh(other, current)),
                  Optional.of(source(current)),
                  Optional.empty());
          assertEquals(List.of(), aggregation.stateOf("variance", false));
          try (Aggregation.Result made = aggregation.tensor("variance", false)) {
            assertArrayEquals(new float[] {0.5f, 2}, made.value().toArray(), 1e-7f);
          }
        }
      }
    }
  }

  @Example
  void failedReadingLeavesNoMemoryBehind() {
    List<Weights> models = models(2, 1);
    long before = NativeMemory.bytes();
    for (Rule rule : Rule.values()) {
      Aggregation aggregation =
          new Aggregation(
              settings(rule, ServerOptimizer.ADAM, 0.5),
              List.of(
                  fresh(models.get(0), models.get(1)),
                  new Aggregation.Ingredient(
                      name -> {
                        throw new IllegalStateException("the file is gone");
                      },
                      Optional.empty(),
                      0,
                      1)),
              Optional.of(source(models.get(1))),
              Optional.empty());
      org.junit.jupiter.api.Assertions.assertThrows(
          IllegalStateException.class, () -> aggregation.tensor("layers.0.weight", true));
      assertEquals(before, NativeMemory.bytes(), rule.text());
    }
    models.forEach(Weights::close);
  }
}
