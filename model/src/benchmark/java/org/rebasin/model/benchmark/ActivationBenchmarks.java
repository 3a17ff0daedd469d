package org.rebasin.model.benchmark;

import java.util.Arrays;
import java.util.Locale;
import org.rebasin.model.alignment.ActivationMoments;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * What activation matching costs beside the forward passes it needs anyway: the time of two forward
 * passes with the moments of their activations, and of the two passes alone.
 */
final class ActivationBenchmarks {
  private static final int WARM_UP = 20;
  private static final int ROUNDS = 15;

  private ActivationBenchmarks() {}

  /** Prints a row for each network. */
  static void run() {
    row("mlp:784-512-512-512-10", 1000, 10);
    row("resnet20", 128, 1);
  }

  private static void row(String architecture, int batch, int repeats) {
    Network network = Architecture.parse(architecture).network();
    try (Weights first = network.initialize(1);
        Weights second = network.initialize(2);
        Execution one = Execution.forInference(network, batch);
        Execution other = Execution.forInference(network, batch);
        ActivationMoments moments = ActivationMoments.of(PermutationSpec.of(network), network);
        Tensor input =
            Tensor.of(
                Arrays.copyOf(Scores.uniform(2000), batch * network.inputs()),
                batch,
                network.inputs())) {
      double[] passes = new double[ROUNDS];
      double[] both = new double[ROUNDS];
      for (int round = -WARM_UP; round < ROUNDS; round++) {
        long start = System.nanoTime();
        for (int i = 0; i < repeats; i++) {
          one.forward(first, input, batch);
          other.forward(second, input, batch);
        }
        long middle = System.nanoTime();
        for (int i = 0; i < repeats; i++) {
          one.forward(first, input, batch);
          other.forward(second, input, batch);
          moments.add(one, other, batch);
        }
        if (round >= 0) {
          passes[round] = (middle - start) / 1e6 / repeats;
          both[round] = (System.nanoTime() - middle) / 1e6 / repeats;
        }
      }
      Arrays.sort(passes);
      Arrays.sort(both);
      System.out.println(
          String.format(
              Locale.ROOT,
              "| two forward passes and their moments, %s, batch %d (the passes alone)"
                  + " | %.2f ms | %.2f ms | %.2f |",
              architecture,
              batch,
              both[ROUNDS / 2],
              passes[ROUNDS / 2],
              passes[ROUNDS / 2] / both[ROUNDS / 2]));
    }
  }
}
