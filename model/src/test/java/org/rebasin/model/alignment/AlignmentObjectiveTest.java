package org.rebasin.model.alignment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

class AlignmentObjectiveTest {
  @Test
  void holdsProductsBeyondTheRangeOfFloats() {
    Network network = Architecture.parse("mlp:3-4-2").network();
    PermutationSpec spec = PermutationSpec.of(network);
    float huge = 1e30f;
    try (Weights weights = network.initialize(1)) {
      int elements = 0;
      for (Map.Entry<String, Tensor> entry : weights.tensors().entrySet()) {
        Tensor tensor = entry.getValue();
        for (int i = 0; i < tensor.size(); i++) {
          tensor.values().put(i, huge);
        }
        elements += spec.permutes(entry.getKey()) ? tensor.size() : 0;
      }
      double expected = elements * (double) huge * huge;
      double found = AlignmentObjective.of(spec, weights, weights, spec.identity());
      assertEquals(expected, found, 1e-12 * expected);
    }
  }
}
