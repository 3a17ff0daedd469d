package org.rebasin.model.alignment;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.network.BatchNorm;
import org.rebasin.model.network.Concatenation;
import org.rebasin.model.network.Convolution;
import org.rebasin.model.network.Dense;
import org.rebasin.model.network.Flatten;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Window;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.permutation.RandomPermutations;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.RandomWeights;

/** Models of one network for tests, drawn from a seed. Closes them. */
record ManyModels(Network network, PermutationSpec spec, List<Weights> weights)
    implements AutoCloseable {

  /** Three hidden layers of different widths. */
  static Network mlp() {
    return new Mlp(List.of(9, 12, 17, 8, 4), 0).network();
  }

  /**
   * Kernels of several positions, two groups on one axis of a convolution and of a batch norm, and
   * units that span several columns after flattening.
   */
  static Network convolutional() {
    Network.Builder builder = Network.builder("convolutional", List.of(2, 3, 3));
    int first = builder.add("first", convolution("first", 2, 6), List.of(0));
    int second = builder.add("second", convolution("second", 6, 5), List.of(first));
    int both = builder.add("both", new Concatenation(2), List.of(first, second));
    int norm = builder.add("norm", BatchNorm.of("norm", 11), List.of(both));
    int third = builder.add("third", convolution("third", 11, 4), List.of(norm));
    int flat = builder.add("flatten", new Flatten(List.of(4, 3, 3)), List.of(third));
    builder.add(
        "dense", new Dense("dense.weight", Optional.of("dense.bias"), 36, 3), List.of(flat));
    return builder.build();
  }

  private static Convolution convolution(String name, int inputs, int outputs) {
    return new Convolution(
        name + ".weight", Optional.of(name + ".bias"), inputs, outputs, Window.square(3, 1, 1), 1);
  }

  /** Independent models of Gaussian weights. */
  static ManyModels random(Network network, int count, long seed) {
    List<Weights> weights = new ArrayList<>();
    for (int model = 0; model < count; model++) {
      weights.add(RandomWeights.gaussian(seed * 1000 + 100L * model, network));
    }
    return new ManyModels(network, PermutationSpec.of(network), weights);
  }

  /** One model, and copies of it in the given orders, with noise. */
  static ManyModels planted(Network network, List<Permutations> orders, double noise, long seed) {
    PermutationSpec spec = PermutationSpec.of(network);
    List<Weights> weights = new ArrayList<>();
    Weights original = RandomWeights.gaussian(seed, network);
    weights.add(original);
    for (int model = 0; model < orders.size(); model++) {
      Weights copy = orders.get(model).apply(spec, original);
      try (Weights added = RandomWeights.gaussian(seed + 1000L * (model + 1), network)) {
        for (String name : copy.names()) {
          Tensor tensor = copy.get(name);
          for (int i = 0; i < tensor.size(); i++) {
            tensor
                .values()
                .put(i, (float) (tensor.values().get(i) + noise * added.get(name).values().get(i)));
          }
        }
      }
      weights.add(copy);
    }
    return new ManyModels(network, spec, weights);
  }

  /** Random permutations for each model. */
  List<Permutations> permutations(long seed) {
    List<Permutations> permutations = new ArrayList<>();
    for (int model = 0; model < weights.size(); model++) {
      permutations.add(RandomPermutations.of(spec, seed + 31L * model));
    }
    return permutations;
  }

  @Override
  public void close() {
    weights.forEach(Weights::close);
  }
}
