package org.rebasin.model.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Parameter;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.PermutationGroup;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.permutation.RandomPermutations;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.EvenWeights;
import org.rebasin.model.testing.RandomWeights;

/**
 * The permutation spec of every architecture is right: permuting every group changes no output, and
 * each of the spec's entries is needed for that.
 */
class ArchitectureFunctionTest {
  private static final int BATCH = 2;

  // Of outputs that are at most 1: rounding is below 1e-6, and an entry counts for 1e-3 or more.
  private static final double SAME = 1e-5;
  private static final double CHANGED = 5e-4;

  /** An architecture under test: random weights, and the outputs that they give. */
  private static final class Subject implements AutoCloseable {
    private final Network network;
    private final PermutationSpec spec;
    private final Permutations permutations;
    private final Weights weights;
    private final Tensor input;
    private final Execution execution;
    private final float[] outputs;

    Subject(String architecture) {
      network = Architecture.parse(architecture).network();
      spec = PermutationSpec.of(network);
      permutations = permutations(spec);
      weights = EvenWeights.of(network, 6);
      input = RandomWeights.gaussian(7, BATCH, network.inputs());
      execution = Execution.forInference(network, BATCH);
      scaleOutputs();
      outputs = outputs(weights);
    }

    /** Random ones that leave no unit in its place. */
    private static Permutations permutations(PermutationSpec spec) {
      SplittableRandom random = new SplittableRandom(5);
      return new Permutations(
          spec.groups().stream()
              .map(
                  group ->
                      Stream.generate(() -> RandomPermutations.of(group.size(), random))
                          .dropWhile(permutation -> permutation.moved() < group.size())
                          .findFirst()
                          .orElseThrow())
              .toList());
    }

    /** Scales the last layer so that the largest output is 1. */
    private void scaleOutputs() {
      float largest = 0;
      for (float output : outputs(weights)) {
        largest = Math.max(largest, Math.abs(output));
      }
      for (Parameter parameter :
          network.nodes().get(network.nodes().size() - 1).operator().parameters()) {
        Tensor tensor = weights.get(parameter.name());
        for (int i = 0; i < tensor.size(); i++) {
          tensor.values().put(i, tensor.values().get(i) / largest);
        }
      }
    }

    float[] outputs(Weights of) {
      return execution.forward(of, input, BATCH).toArray();
    }

    double change(Weights other) {
      float[] changed = outputs(other);
      return IntStream.range(0, outputs.length)
          .mapToDouble(i -> Math.abs(changed[i] - outputs[i]))
          .max()
          .orElseThrow();
    }

    @Override
    public void close() {
      weights.close();
      input.close();
      execution.close();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mlp:6-8-7-9-5",
        "mlp:6-8-7-5,leaky-relu=0.1",
        "vgg11:width=4,norm=layer",
        "vgg11:width=4,norm=none,image=64",
        "vgg13:width=4,norm=batch,image=64",
        "vgg16:width=4",
        "vgg19:width=4,norm=batch",
        "vgg11:width=4,image=224,hidden=16,classes=7",
        "resnet8:image=8",
        "resnet20:image=8",
        "resnet20:norm=group1,shortcut=conv1,image=8",
        "resnet20:norm=batch,shortcut=pad,image=8",
        "resnet20:norm=layer,shortcut=pad,image=8",
        "resnet20:norm=batch,shortcut=conv3,image=9",
        "resnet32:norm=batch,shortcut=conv1,image=8",
        "resnet44:norm=group1,image=8",
        "resnet56:image=8",
        "resnet110:norm=batch,image=8",
        "resnet18:width=4,classes=10,image=64",
        "resnet34:width=4,classes=10,image=32",
        "resnet50:width=4,classes=10,image=64",
        "resnet101:width=4,classes=10,image=32",
        "resnet152:width=4,classes=10,image=32"
      })
  void aPermutedNetworkComputesTheSame(String architecture) {
    try (Subject subject = new Subject(architecture);
        Weights permuted = subject.permutations.apply(subject.spec, subject.weights)) {
      assertEquals(0, subject.change(permuted), SAME);
    }
  }

  /** Every so many entries of the spec are tried: all, or in deep networks some. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "mlp:6-8-7-9-5; 1",
        "vgg11:width=4; 1",
        "vgg11:width=4,norm=none,image=64; 1",
        "vgg13:width=4,norm=batch; 3",
        "vgg16:width=4; 5",
        "vgg19:width=4,norm=batch; 11",
        "resnet8:norm=batch,image=8; 1",
        "resnet14:norm=group1,shortcut=conv1,image=8; 1",
        "resnet20:image=8; 1",
        "resnet20:norm=batch,shortcut=pad,image=8; 3",
        "resnet32:norm=batch,shortcut=conv1,image=8; 7",
        "resnet44:norm=group1,image=8; 11",
        "resnet56:image=8; 13",
        "resnet110:norm=batch,image=8; 83",
        "resnet18:width=4,classes=10,image=32; 2",
        "resnet34:width=4,classes=10,image=32; 17",
        "resnet50:width=4,classes=10,image=32; 17",
        "resnet101:width=4,classes=10,image=32; 43",
        "resnet152:width=4,classes=10,image=32; 67"
      })
  void leavingOutAnyEntryOfTheSpecChangesTheOutputs(String architecture, int every) {
    try (Subject subject = new Subject(architecture);
        Weights permuted = subject.permutations.apply(subject.spec, subject.weights)) {
      int number = 0;
      List<String> useless = new ArrayList<>();
      for (int group = 0; group < subject.spec.groups().size(); group++) {
        for (PermutationGroup.Axis left : subject.spec.groups().get(group).axes()) {
          if (number++ % every == 0) {
            Tensor tensor = permuted.get(left.tensor());
            float[] complete = tensor.toArray();
            tensor.values().put(0, permutedWithout(subject, group, left));
            if (subject.change(permuted) < CHANGED) {
              useless.add(left + ": " + subject.change(permuted));
            }
            tensor.values().put(0, complete);
          }
        }
      }
      assertEquals(0, subject.change(permuted), SAME);
      assertEquals(List.of(), useless);
    }
  }

  /** A tensor permuted by all that the spec says of it but for one entry, element by element. */
  private static float[] permutedWithout(Subject subject, int group, PermutationGroup.Axis left) {
    Tensor tensor = subject.weights.get(left.tensor());
    int[] shape = tensor.shape();
    int[][] sources = new int[2][];
    for (int axis = 0; axis < 2; axis++) {
      sources[axis] = IntStream.range(0, axis < shape.length ? shape[axis] : 1).toArray();
    }
    for (int g = 0; g < subject.spec.groups().size(); g++) {
      Permutation permutation = subject.permutations.byGroup().get(g);
      for (PermutationGroup.Axis axis : subject.spec.groups().get(g).axes()) {
        if (axis.tensor().equals(left.tensor()) && !(g == group && axis.equals(left))) {
          for (int i = 0; i < permutation.size() * axis.block(); i++) {
            sources[axis.axis()][axis.offset() + i] =
                axis.offset() + permutation.get(i / axis.block()) * axis.block() + i % axis.block();
          }
        }
      }
    }
    int inner = Arrays.stream(shape).skip(2).reduce(1, (a, b) -> a * b);
    float[] values = tensor.toArray();
    float[] permuted = new float[values.length];
    int columns = sources[1].length;
    for (int row = 0; row < sources[0].length; row++) {
      for (int column = 0; column < columns; column++) {
        System.arraycopy(
            values,
            (sources[0][row] * columns + sources[1][column]) * inner,
            permuted,
            (row * columns + column) * inner,
            inner);
      }
    }
    return permuted;
  }
}
