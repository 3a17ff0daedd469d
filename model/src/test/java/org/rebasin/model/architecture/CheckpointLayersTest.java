package org.rebasin.model.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Parameter;

/** Dense layers as other programs store them. */
class CheckpointLayersTest {
  private final Map<String, int[]> shapes = new LinkedHashMap<>();

  private CheckpointLayersTest with(String name, int... shape) {
    shapes.put(name, shape);
    return this;
  }

  private CheckpointLayersTest layer(String prefix, int outputs, int inputs) {
    return with(prefix + ".weight", outputs, inputs).with(prefix + ".bias", outputs);
  }

  private Network inferred() {
    return CheckpointArchitecture.networkOf(shapes, Optional.empty(), "x.safetensors");
  }

  private Network given(String architecture) {
    return CheckpointArchitecture.networkOf(shapes, Optional.of(architecture), "x.safetensors");
  }

  private static String refusal(Executable call) {
    return assertThrows(IllegalArgumentException.class, call).getMessage();
  }

  private static List<String> weights(Network network) {
    return network.parameters().stream()
        .filter(parameter -> parameter.shape().size() == 2)
        .map(Parameter::name)
        .toList();
  }

  @Test
  void ourOwnNamesComeBack() {
    Mlp mlp = new Mlp(List.of(4, 6, 5, 3), 0.25f);
    mlp.network().parameters().forEach(p -> with(p.name(), p.dimensions()));
    assertEquals(mlp.network(), given(mlp.text()));
    assertEquals("mlp:4-6-5-3", inferred().architecture());
  }

  @Test
  void numberedLayersAreOrderedByNumberThoughTheFileSortsThemAsText() {
    layer("fc1", 6, 6).layer("fc10", 3, 6);
    for (int i = 2; i < 10; i++) {
      layer("fc" + i, 6, 6);
    }
    assertEquals("mlp:6-6-6-6-6-6-6-6-6-6-3", inferred().architecture());
    assertEquals("fc10.weight", weights(inferred()).get(9));
  }

  @Test
  void prefixesOfAnyDepthArePartOfTheName() {
    layer("module.encoder.net.0", 6, 4).layer("module.encoder.net.3", 3, 6);
    assertEquals(
        List.of("module.encoder.net.0.weight", "module.encoder.net.3.weight"), weights(inferred()));
  }

  @Test
  void numpyStyleNamesPairByNumber() {
    with("W1", 6, 4).with("W2", 3, 6).with("b1", 6).with("b2", 3);
    Network network = inferred();
    assertEquals("mlp:4-6-3", network.architecture());
    assertEquals(
        List.of("W1", "b1", "W2", "b2"),
        network.parameters().stream().map(Parameter::name).toList());
  }

  @Test
  void shuffledLayersWithOneFittingOrderAreFound() {
    layer("head", 3, 6).layer("stem", 5, 4).layer("body", 6, 5);
    assertEquals("mlp:4-5-6-3", inferred().architecture());
    assertEquals(List.of("stem.weight", "body.weight", "head.weight"), weights(inferred()));
  }

  @Test
  void layersThatFitInSeveralOrdersAreRefused() {
    layer("head", 3, 6).layer("stem", 6, 4).layer("left", 6, 6).layer("right", 6, 6);
    String message = refusal(this::inferred);
    assertTrue(message.contains("more than one order of the dense layers"), message);
    assertTrue(message.contains("head.weight [3, 6]"), message);
  }

  @Test
  void distinctLayersThatFitInSeveralOrdersAreRefused() {
    // From 5 by way of 7 first or by way of 8 first.
    layer("a", 5, 8).layer("b", 5, 7).layer("c", 8, 5).layer("d", 7, 5);
    assertTrue(refusal(this::inferred).contains("more than one order of the dense layers"));
  }

  @Test
  @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void manyEqualLayersThatMakeNoChainAreRefusedWithoutTryingAllOrders() {
    for (int i = 0; i < 16; i++) {
      layer("block" + i, 6, 6);
    }
    layer("stray", 7, 3);
    assertTrue(refusal(this::inferred).contains("no order of the dense layers"));
  }

  @Test
  @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void manyLayersWithTwoEndsAreRefusedWithoutTryingAllOrders() {
    for (int i = 0; i < 16; i++) {
      layer("block" + i, 6, 6);
    }
    layer("a", 3, 6).layer("z", 4, 6);
    assertTrue(refusal(this::inferred).contains("no order of the dense layers"));
  }

  @Test
  void layersWithoutBiasStayWithout() {
    layer("fc1", 6, 4).with("fc2.weight", 3, 6);
    assertEquals(
        List.of("fc1.weight", "fc1.bias", "fc2.weight"),
        inferred().parameters().stream().map(Parameter::name).toList());
  }

  @Test
  void biasWithoutItsWeightIsRefused() {
    layer("fc1", 6, 4).with("fc2.bias", 3);
    assertTrue(refusal(this::inferred).contains("found no weight beside [fc2.bias]"));
  }

  @Test
  void twoWeightsOfOneLayerAreRefused() {
    with("fc.kernel", 6, 4).with("fc.weight", 6, 4);
    assertTrue(refusal(this::inferred).contains("fc.kernel and fc.weight seem to be of one layer"));
  }

  @Test
  void givenArchitectureKeepsTheCheckpointsNames() {
    layer("fc1", 6, 4).layer("fc2", 3, 6);
    Network network = given("mlp:4-6-3,leaky-relu=0.5");
    assertEquals("mlp:4-6-3,leaky-relu=0.5", network.architecture());
    assertEquals(List.of("fc1.weight", "fc2.weight"), weights(network));
  }

  @Test
  void givenArchitectureOfOtherWidthsIsRefusedWithBoth() {
    layer("fc1", 6, 4).layer("fc2", 3, 6);
    assertEquals(
        "x.safetensors: expected mlp:4-7-3, found dense layers fc1.weight [6, 4], fc2.weight [3, 6]",
        refusal(() -> given("mlp:4-7-3")));
  }

  @Test
  void wrongShapeUnderOurNamesIsRefusedWithBothShapes() {
    layer("layers.0", 6, 4).with("layers.1.weight", 3, 6).with("layers.1.bias", 4);
    assertEquals(
        "layers.1.bias: expected shape [3], found [4] in x.safetensors",
        refusal(() -> given("mlp:4-6-3")));
  }

  @Test
  void everyRefusalNamesTheFileAndWhatToPass() {
    with("scalar");
    String message = refusal(this::inferred);
    assertTrue(message.startsWith("x.safetensors: cannot tell the architecture"), message);
    assertTrue(message.contains("pass --architecture"), message);
  }
}
