package org.rebasin.model.benchmark;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingRun;

/**
 * Times training steps and forward passes of convolutional networks beside PyTorch's, which keeps
 * channels last too.
 */
final class ConvolutionBenchmarks {
  private static final int BATCH = 128;
  private static final int REPEATS = 3;
  private static final int WARM_UP = 8;

  private final Optional<Peers> peers;

  ConvolutionBenchmarks(Optional<Peers> peers) {
    this.peers = peers;
  }

  void run() {
    measure("resnet20", "ResNet20 ×1", 9);
    measure("vgg16", "VGG16", 3);
  }

  private void measure(String architecture, String name, int rounds) {
    Network network = Architecture.parse(architecture).network();
    int[] labels = IntStream.range(0, BATCH).map(i -> i % 10).toArray();
    float[] pixels = Arrays.copyOf(Scores.uniform(1000), BATCH * network.inputs());
    try (Tensor input = Tensor.of(pixels, BATCH, 3, 32, 32);
        TrainingRun run =
            new TrainingRun(
                network,
                network.initialize(1),
                Optimizer.Kind.SGD,
                5e-4,
                new Schedule(1e-3, 0, 1_000_000, Schedule.Decay.CONSTANT),
                BATCH);
        Execution execution = Execution.forInference(network, BATCH)) {
      row(
          "training step, %s, batch %d (PyTorch)".formatted(name, BATCH),
          rounds,
          () -> run.step(input, labels, BATCH),
          request(architecture, "step"));
      row(
          "forward pass of it (PyTorch)",
          rounds,
          () -> execution.forward(run.weights(), input, BATCH),
          request(architecture, "forward"));
    }
  }

  private static Map<String, Object> request(String architecture, String work) {
    return Map.of("network", architecture, "work", work, "batch", BATCH, "repeats", REPEATS);
  }

  /** Times both in turn, after a warm-up. */
  private void row(String name, int rounds, Runnable work, Map<String, Object> request) {
    for (int i = 0; i < WARM_UP; i++) {
      work.run();
    }
    peers.ifPresent(process -> process.ask(request));
    double[] ours = new double[rounds];
    double[] theirs = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      long start = System.nanoTime();
      for (int i = 0; i < REPEATS; i++) {
        work.run();
      }
      ours[round] = (System.nanoTime() - start) / 1e9 / REPEATS;
      if (peers.isPresent()) {
        theirs[round] = peers.get().ask(request).seconds();
      }
    }
    double mine = median(ours);
    Optional<Double> peer = peers.map(process -> median(theirs));
    System.out.printf(
        Locale.ROOT,
        "| %s | %.1f ms, %.0f images/s | %s | %s |%n",
        name,
        1e3 * mine,
        BATCH / mine,
        peer.map(s -> String.format(Locale.ROOT, "%.1f ms, %.0f images/s", 1e3 * s, BATCH / s))
            .orElse("not installed"),
        peer.map(s -> String.format(Locale.ROOT, "%.2f", s / mine)).orElse(""));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
