package org.rebasin.model.benchmark;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.data.Dataset;
import org.rebasin.model.data.DatasetSpecification;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.LinearAssignmentSolver;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingRun;

/**
 * Times this library beside its peers on the same work, in turn, and prints a table of medians and
 * ratios. Checks that both found the same where there is one answer.
 */
public final class Benchmarks {
  private static final int ROUNDS = 7;
  private static final int WARM_UP = 12;
  private static final int BATCH = 1000;

  private final Optional<Peers> peers;
  private final Path directory;

  private Benchmarks(Optional<Peers> peers, Path directory) {
    this.peers = peers;
    this.directory = directory;
  }

  /** Runs everything; the argument is the peers' script. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("rebasin-benchmark-");
    try (Peers found = Peers.start(Path.of(arguments[0])).orElse(null)) {
      Benchmarks benchmarks = new Benchmarks(Optional.ofNullable(found), directory);
      System.out.println("| work | Rebasin | peer | peer's time / ours |");
      System.out.println("|---|---|---|---|");
      benchmarks.training();
      new ConvolutionBenchmarks(Optional.ofNullable(found)).run();
      ActivationBenchmarks.run();
      ManyModelBenchmarks.run();
      for (int size : new int[] {512, 2048}) {
        benchmarks.assignments(size);
      }
      new MatchingBenchmarks(Optional.ofNullable(found), directory).run();
    } finally {
      for (Path file : Files.list(directory).toList()) {
        Files.delete(file);
      }
      Files.delete(directory);
    }
    System.exit(0);
  }

  /** Seconds of our work, and a number to check it by. */
  private record Measured(double seconds, double check) {}

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  /** Times both in turn, ours after a warm-up, and prints a row. */
  private void row(
      String name, int rounds, Supplier<Measured> ours, Map<String, Object> request, boolean same) {
    for (int i = 0; i < WARM_UP; i++) {
      ours.get();
    }
    peers.ifPresent(process -> process.ask(request));
    double[] mine = new double[rounds];
    double[] theirs = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      Measured measured = ours.get();
      mine[round] = measured.seconds();
      if (peers.isPresent()) {
        Peers.Answer answer = peers.get().ask(request);
        theirs[round] = answer.seconds();
        if (same
            && Math.abs(answer.check() - measured.check())
                > 1e-7 * Math.abs(answer.check()) + 1e-9) {
          throw new IllegalStateException(
              "%s: ours found %s, the peer %s".formatted(name, measured.check(), answer.check()));
        }
      }
    }
    print(name, median(mine), peers.map(process -> median(theirs)));
  }

  private static void print(String name, double ours, Optional<Double> theirs) {
    System.out.println(
        String.format(
            Locale.ROOT,
            "| %s | %.2f ms | %s | %s |",
            name,
            1e3 * ours,
            theirs.map(s -> String.format(Locale.ROOT, "%.2f ms", 1e3 * s)).orElse("not installed"),
            theirs.map(s -> String.format(Locale.ROOT, "%.2f", s / ours)).orElse("")));
  }

  private static Measured timed(Supplier<Double> work) {
    long start = System.nanoTime();
    double check = work.get();
    return new Measured((System.nanoTime() - start) / 1e9, check);
  }

  private void training() {
    Network network = Mlp.of(784, 512, 512, 512, 10).network();
    int[] labels = IntStream.range(0, BATCH).map(i -> i % 10).toArray();
    int repeats = 10;
    try (Tensor input = Tensor.of(Arrays.copyOf(Scores.uniform(1000), BATCH * 784), BATCH, 784);
        TrainingRun run =
            new TrainingRun(
                network,
                network.initialize(1),
                Optimizer.Kind.ADAM,
                0,
                new Schedule(1e-3, 0, 1_000_000, Schedule.Decay.CONSTANT),
                BATCH);
        Execution execution = Execution.forInference(network, BATCH)) {
      row(
          "training step, MLP 784-512-512-512-10, batch 1000 (PyTorch)",
          15,
          () ->
              perRepeat(
                  repeats,
                  timed(
                      () -> {
                        for (int i = 0; i < repeats; i++) {
                          run.step(input, labels, BATCH);
                        }
                        return 0.0;
                      })),
          Map.of("work", "step", "batch", BATCH, "repeats", repeats),
          false);
      row(
          "forward pass of it (PyTorch)",
          15,
          () ->
              perRepeat(
                  repeats,
                  timed(
                      () -> {
                        for (int i = 0; i < repeats; i++) {
                          execution.forward(run.weights(), input, BATCH);
                        }
                        return 0.0;
                      })),
          Map.of("work", "forward", "batch", BATCH, "repeats", repeats),
          false);
    }
  }

  private static Measured perRepeat(int repeats, Measured all) {
    return new Measured(all.seconds() / repeats, all.check());
  }

  private void assignments(int size) throws IOException {
    Dataset digits = DatasetSpecification.parse("digits").load();
    Map<String, float[]> kinds = new LinkedHashMap<>();
    kinds.put("uniform", Scores.uniform(size));
    kinds.put("Gaussian", Scores.gaussian(size, size, 7));
    kinds.put("low rank", Scores.lowRank(size));
    try (TrainedPair pair =
        TrainedPair.train(Mlp.of(784, size, size, 10).network(), digits, size > 1000 ? 4 : 10)) {
      kinds.put("trained weights", pair.weightScores("layers.1.weight"));
      kinds.put("trained activations", pair.activationScores(digits));
    }
    kinds.put("constant", Scores.constant(size));
    kinds.put("integers 0 to 9", Scores.integers(size));
    kinds.put("a third of the rows zero", Scores.zeroRows(size));
    kinds.put("columns in equal pairs", Scores.duplicateColumns(size));
    for (Map.Entry<String, float[]> kind : kinds.entrySet()) {
      assignment(size, kind.getKey(), kind.getValue());
    }
  }

  private void assignment(int size, String kind, float[] scores) throws IOException {
    Path file = directory.resolve("scores");
    ByteBuffer bytes = ByteBuffer.allocate(4 * scores.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(scores);
    Files.write(file, bytes.array());
    LinearAssignmentSolver solver = new LinearAssignmentSolver();
    row(
        "assignment, n = %d, %s (SciPy)".formatted(size, kind),
        ROUNDS,
        () -> timed(() -> solver.maximize(FloatBuffer.wrap(scores), size, size).objective()),
        Map.of("work", "assign", "file", file.toString(), "size", size),
        true);
  }
}
