package org.rebasin.model.benchmark;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.rebasin.model.alignment.Alignment;
import org.rebasin.model.alignment.WeightMatching;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.data.Dataset;
import org.rebasin.model.data.DatasetSpecification;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Parameter;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Weight matching beside the original algorithm (coordinate descent in random order, every score
 * computed afresh) in NumPy and SciPy, on the same pairs of models: one trained pair, and
 * independent Gaussian ones, on which convergence takes longest.
 *
 * <p>The system property {@code rebasin.benchmark.huge} adds ResNet20 ×32; both models together
 * take 2.4 GB here and again in the peers' process, and one sweep of theirs takes minutes.
 */
final class MatchingBenchmarks {
  private static final String HUGE = "resnet20:width=32";
  private static final int PIECE = 1 << 16;

  private final Optional<Peers> peers;
  private final Path directory;

  MatchingBenchmarks(Optional<Peers> peers, Path directory) {
    this.peers = peers;
    this.directory = directory;
  }

  /** How often each side runs; how many sweeps the reference takes at most. */
  private record Effort(int warmUp, int rounds, int seeds, int sweeps) {}

  void run() throws IOException {
    System.out.println(
        "| weight matching | parameters / groups | Rebasin: s / sweeps / objective "
            + "| NumPy + SciPy: s / sweeps / objective | ratio of seconds |");
    System.out.println("|---|---|---|---|---|");
    String data = System.getProperty("rebasin.benchmark.data", "digits");
    Dataset dataset = DatasetSpecification.parse(data).load();
    Network small = Architecture.parse("mlp:784-512-512-512-10").network();
    try (TrainedPair pair = TrainedPair.train(small, dataset, 10)) {
      match("MLP 3×512 trained on " + dataset.name(), pair, new Effort(12, 9, 9, 100));
    }
    gaussian("MLP 3×512", "mlp:784-512-512-512-10", new Effort(8, 9, 5, 100));
    gaussian("MLP 3×2048", "mlp:784-2048-2048-2048-10", new Effort(2, 5, 1, 100));
    gaussian("VGG16", "vgg16:width=64", new Effort(2, 5, 1, 100));
    gaussian("ResNet20 ×8", "resnet20:width=8", new Effort(2, 5, 3, 100));
    gaussian("ResNet50", "resnet50", new Effort(2, 3, 1, 100));
    if (Boolean.getBoolean("rebasin.benchmark.huge")) {
      gaussian("ResNet20 ×32 (reference: one sweep)", HUGE, new Effort(0, 1, 1, 1));
    }
  }

  private void gaussian(String name, String architecture, Effort effort) throws IOException {
    Network network = Architecture.parse(architecture).network();
    try (TrainedPair pair = new TrainedPair(network, draw(network, 1), draw(network, 2))) {
      match(name, pair, effort);
    }
  }

  /**
   * Normally distributed weights of variance one by their fan-in; vectors stay 0, since biases and
   * normalisations of untrained networks do not tell units apart.
   */
  private static Weights draw(Network network, long seed) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Parameter parameter : network.parameters()) {
      Tensor tensor = Tensor.allocate(parameter.dimensions());
      long stream = 1_000_003 * seed + tensors.size();
      float deviation = (float) Math.sqrt((double) tensor.dimension(0) / tensor.size());
      if (tensor.rank() > 1) {
        Parallel.forEachStretch(
            tensor.size(),
            PIECE,
            (from, length) -> {
              SplittableRandom random = new SplittableRandom(stream * 7919 + from);
              float[] values = new float[length];
              for (int i = 0; i < length; i++) {
                values[i] = deviation * (float) random.nextGaussian();
              }
              tensor.values().put(from, values);
            });
      }
      tensors.put(parameter.name(), tensor);
    }
    return new Weights(tensors);
  }

  private void match(String name, TrainedPair pair, Effort effort) throws IOException {
    PermutationSpec spec = PermutationSpec.of(pair.network());
    Alignment[] ours = new Alignment[effort.rounds()];
    for (int i = -effort.warmUp(); i < ours.length; i++) {
      Alignment found =
          WeightMatching.align(
              spec, pair.first(), pair.second(), WeightMatching.Settings.withSeed(Math.max(0, i)));
      if (i >= 0) {
        ours[i] = found;
      }
    }
    double seconds = median(Arrays.stream(ours).mapToDouble(Alignment::seconds));
    Optional<List<Peers.Answer>> theirs =
        peers.isPresent()
            ? Optional.of(reference(peers.get(), spec, pair, effort))
            : Optional.empty();
    System.out.println(
        String.format(
            Locale.ROOT,
            "| %s | %.1f M / %d | %s | %s | %s |",
            name,
            pair.first().parameters() / 1e6,
            spec.groups().size(),
            describe(
                seconds,
                Arrays.stream(ours).mapToInt(Alignment::sweeps),
                Arrays.stream(ours).mapToDouble(Alignment::objective)),
            theirs
                .map(
                    answers ->
                        describe(
                            median(answers.stream().mapToDouble(Peers.Answer::seconds)),
                            answers.stream().mapToInt(Peers.Answer::sweeps),
                            answers.stream().mapToDouble(Peers.Answer::check)))
                .orElse("not installed"),
            theirs
                .map(
                    answers ->
                        String.format(
                            Locale.ROOT,
                            "%.1f",
                            median(answers.stream().mapToDouble(Peers.Answer::seconds)) / seconds))
                .orElse("")));
  }

  private static double median(DoubleStream values) {
    double[] sorted = values.sorted().toArray();
    return sorted[sorted.length / 2];
  }

  private static String describe(double seconds, IntStream sweeps, DoubleStream objectives) {
    int[] counts = sweeps.sorted().toArray();
    double[] reached = objectives.sorted().toArray();
    return String.format(
        Locale.ROOT,
        "%.3f / %s / %s",
        seconds,
        range("%d", counts[0], counts[counts.length - 1]),
        range("%.1f", reached[0], reached[reached.length - 1]));
  }

  private static String range(String format, Object least, Object most) {
    String from = String.format(Locale.ROOT, format, least);
    String to = String.format(Locale.ROOT, format, most);
    return from.equals(to) ? from : from + "–" + to;
  }

  private List<Peers.Answer> reference(
      Peers process, PermutationSpec spec, TrainedPair pair, Effort effort) throws IOException {
    Path first = TrainedPair.write(pair.first(), directory.resolve("first.safetensors"));
    Path second = TrainedPair.write(pair.second(), directory.resolve("second.safetensors"));
    // As a text, since a request is one level deep.
    String groups = new ObjectMapper().writeValueAsString(spec.groups());
    return IntStream.range(0, effort.seeds())
        .mapToObj(
            seed ->
                process.ask(
                    Map.of(
                        "work",
                        "match",
                        "first",
                        first.toString(),
                        "second",
                        second.toString(),
                        "groups",
                        groups,
                        "sweeps",
                        effort.sweeps(),
                        "seed",
                        seed)))
        .toList();
  }
}
