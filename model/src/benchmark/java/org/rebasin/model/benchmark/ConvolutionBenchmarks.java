package org.rebasin.model.benchmark;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import org.rebasin.model.network.Architecture;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingRun;

/** Times the training and the outputs of convolutional networks beside PyTorch's. */
final class ConvolutionBenchmarks {
  private static final int BATCH = 128;
  private static final int REPEATS = 4;
  private static final int ROUNDS = 5;

  private final Benchmarks benchmarks;

  ConvolutionBenchmarks(Benchmarks benchmarks) {
    this.benchmarks = benchmarks;
  }

  void run() {
    Network network = Architecture.parse("resnet20").network();
    int[] labels = IntStream.range(0, BATCH).map(i -> i % 10).toArray();
    float[] pixels = Arrays.copyOf(Scores.uniform(1000), BATCH * network.inputs());
    try (Tensor input = Tensor.of(pixels, BATCH, 3, 32, 32);
        TrainingRun run =
            new TrainingRun(
                network,
                network.initialize(1),
                Optimizer.Kind.SGD,
                5e-4,
                new Schedule(1e-2, 0, 1_000_000, Schedule.Decay.CONSTANT),
                BATCH);
        Execution execution = Execution.forInference(network, BATCH)) {
      benchmarks.repeatedRow(
          "training step, ResNet20 ×1, batch 128 (PyTorch)",
          ROUNDS,
          REPEATS,
          () -> run.step(input, labels, BATCH),
          Map.of("work", "step", "network", "resnet20", "batch", BATCH, "repeats", REPEATS));
      benchmarks.repeatedRow(
          "forward pass of it (PyTorch)",
          ROUNDS,
          REPEATS,
          () -> execution.forward(run.weights(), input, BATCH),
          Map.of("work", "forward", "network", "resnet20", "batch", BATCH, "repeats", REPEATS));
    }
  }
}
