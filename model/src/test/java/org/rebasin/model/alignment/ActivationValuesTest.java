package org.rebasin.model.alignment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.network.Addition;
import org.rebasin.model.network.BatchNorm;
import org.rebasin.model.network.Concatenation;
import org.rebasin.model.network.Convolution;
import org.rebasin.model.network.Dense;
import org.rebasin.model.network.Dropout;
import org.rebasin.model.network.Flatten;
import org.rebasin.model.network.GlobalAveragePool;
import org.rebasin.model.network.LeakyRelu;
import org.rebasin.model.network.MaxPool;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Window;
import org.rebasin.model.permutation.PermutationSpec;

class ActivationValuesTest {
  private static final LeakyRelu RELU = new LeakyRelu(0);

  private static List<List<Integer>> of(Network network) {
    return ActivationValues.of(PermutationSpec.of(network), network).byGroup();
  }

  private static Convolution convolution(String name, int inputs, int outputs, int stride) {
    return new Convolution(name, Optional.empty(), inputs, outputs, Window.square(3, stride, 1), 1);
  }

  @Test
  void inAnMlpTheyAreTheOutputsOfTheActivationFunctions() {
    assertEquals(List.of(List.of(2), List.of(4)), of(Mlp.of(4, 5, 6, 3).network()));
  }

  @Test
  void inAVggTheyAreTheOnesBeforePoolingDropoutAndFlattening() {
    Network.Builder builder = Network.builder("vgg", List.of(3, 8, 8));
    builder.then("conv1", convolution("w1", 3, 4, 1)).then("relu1", RELU);
    builder.then("conv2", convolution("w2", 4, 5, 1)).then("norm2", BatchNorm.of("n2", 5));
    int relu2 = builder.add("relu2", RELU, List.of(4));
    builder.then("pool", new MaxPool(Window.square(2, 2, 0)));
    builder.then("flatten", new Flatten(List.of(5, 4, 4))).then("dropout1", new Dropout(0.5, 1));
    builder.then("dense1", new Dense("w3", Optional.empty(), 80, 6));
    int relu3 = builder.add("relu3", RELU, List.of(9));
    builder.then("dropout2", new Dropout(0.5, 2));
    builder.then("dense2", new Dense("w4", Optional.empty(), 6, 3));
    assertEquals(List.of(List.of(2), List.of(relu2), List.of(relu3)), of(builder.build()));
  }

  @Test
  void inAResidualStreamTheyAreTheOnesBehindEachAddition() {
    Network.Builder builder = Network.builder("resnet", List.of(3, 8, 8));
    builder.then("stem", convolution("stem", 3, 4, 1)).then("norm", BatchNorm.of("n", 4));
    int stem = builder.add("relu", RELU, List.of(2));
    int[] plain = block(builder, "a", stem, 4, 4, 1);
    int[] second = block(builder, "b", plain[1], 4, 4, 1);
    int[] wider = block(builder, "c", second[1], 4, 8, 2);
    builder.add("pool", new GlobalAveragePool(), List.of(wider[1]));
    builder.then("flatten", new Flatten(List.of(8, 1, 1)));
    builder.then("head", new Dense("head", Optional.empty(), 8, 3));
    assertEquals(
        List.of(
            List.of(stem, plain[1], second[1]),
            List.of(plain[0]),
            List.of(second[0]),
            List.of(wider[0]),
            List.of(wider[1])),
        of(builder.build()));
  }

  /** A basic block; returns its inner activation and its output. */
  private static int[] block(
      Network.Builder builder, String name, int input, int from, int to, int stride) {
    int value = builder.add(name + "1", convolution(name + "1", from, to, stride), List.of(input));
    value = builder.add(name + "n1", BatchNorm.of(name + "n1", to), List.of(value));
    int inner = builder.add(name + "r1", RELU, List.of(value));
    value = builder.add(name + "2", convolution(name + "2", to, to, 1), List.of(inner));
    value = builder.add(name + "n2", BatchNorm.of(name + "n2", to), List.of(value));
    int shortcut =
        stride == 1
            ? input
            : builder.add(name + "s", convolution(name + "s", from, to, stride), List.of(input));
    value = builder.add(name + "+", new Addition(), List.of(value, shortcut));
    return new int[] {inner, builder.add(name + "r", RELU, List.of(value))};
  }

  @Test
  void aDepthwiseConvolutionKeepsTheUnitsSoOnlyWhatComesBehindItCounts() {
    Network.Builder builder = Network.builder("depthwise", List.of(3, 8, 8));
    builder.then("conv", convolution("w1", 3, 4, 1)).then("relu1", RELU);
    builder.then(
        "depthwise", new Convolution("w2", Optional.empty(), 4, 4, Window.square(3, 1, 1), 4));
    int relu = builder.add("relu2", RELU, List.of(3));
    builder.then("head", convolution("w3", 4, 2, 1));
    assertEquals(List.of(List.of(relu)), of(builder.build()));
  }

  @Test
  void whatIsConcatenatedCountsForEachPart() {
    Network.Builder builder = Network.builder("dense block", List.of(3, 8, 8));
    int one = builder.add("one", convolution("w1", 3, 4, 1), List.of(0));
    int other = builder.add("other", convolution("w2", 3, 5, 1), List.of(0));
    builder.add("both", new Concatenation(2), List.of(one, other));
    builder.then("head", convolution("w3", 9, 2, 1));
    assertEquals(List.of(List.of(one), List.of(other)), of(builder.build()));
  }
}
