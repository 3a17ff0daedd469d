package org.rebasin.model.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Parameter;

class CheckpointArchitectureTest {
  private static Map<String, int[]> shapes(Object... namesAndShapes) {
    Map<String, int[]> shapes = new LinkedHashMap<>();
    for (int i = 0; i < namesAndShapes.length; i += 2) {
      shapes.put((String) namesAndShapes[i], (int[]) namesAndShapes[i + 1]);
    }
    return shapes;
  }

  private static int[] of(int... shape) {
    return shape;
  }

  private static Network infer(Map<String, int[]> shapes) {
    return CheckpointArchitecture.networkOf(shapes, Optional.empty(), "file");
  }

  private static String refusal(Map<String, int[]> shapes, String... architecture) {
    return assertThrows(
            IllegalArgumentException.class,
            () ->
                CheckpointArchitecture.networkOf(
                    shapes, List.of(architecture).stream().findFirst(), "file"))
        .getMessage();
  }

  @Test
  void layersAreFoundWhateverTheirNames() {
    assertEquals(
        "mlp:4-5-3",
        infer(
                shapes(
                    "fc1.bias",
                    of(5),
                    "fc1.weight",
                    of(5, 4),
                    "fc2.bias",
                    of(3),
                    "fc2.weight",
                    of(3, 5)))
            .architecture());
    assertEquals(
        List.of("0.weight", "0.bias", "2.weight", "2.bias"),
        infer(shapes("0.weight", of(5, 4), "0.bias", of(5), "2.weight", of(3, 5), "2.bias", of(3)))
            .parameters()
            .stream()
            .map(Parameter::name)
            .toList());
    assertEquals(
        "mlp:4-5-3", infer(shapes("W1", of(5, 4), "b1", of(5), "W2", of(3, 5))).architecture());
  }

  @Test
  void numbersInNamesAreComparedAsNumbers() {
    Map<String, int[]> shapes = new LinkedHashMap<>();
    for (int i : List.of(0, 1, 10, 2, 3, 4, 5, 6, 7, 8, 9)) {
      shapes.put("layers." + i + ".weight", of(6, 6));
    }
    assertEquals("layers.10.weight", infer(shapes).parameters().get(10).name());
  }

  @Test
  void widthsTellTheOrderWhereNamesDoNot() {
    Network network =
        infer(shapes("head.weight", of(3, 5), "body.weight", of(5, 7), "arms.weight", of(7, 4)));
    assertEquals("mlp:4-7-5-3", network.architecture());
  }

  @Test
  void whatIsNoChainIsRefused() {
    assertTrue(
        refusal(shapes("a.weight", of(3, 5), "b.weight", of(3, 4)))
            .contains("pass --architecture"));
    assertTrue(refusal(shapes("a.weight", of(3, 5, 3, 3))).contains("[3, 5, 3, 3]"));
    assertTrue(refusal(shapes("a.bias", of(3))).contains("no tensor with two axes"));
    assertTrue(
        refusal(shapes("a.weight", of(3, 5), "a.bias", of(4))).contains("expected shape [3]"));
  }

  @Test
  void anArchitectureThatDoesNotFitIsRefused() {
    Map<String, int[]> ours =
        shapes(
            "layers.0.weight",
            of(5, 4),
            "layers.0.bias",
            of(5),
            "layers.1.weight",
            of(3, 5),
            "layers.1.bias",
            of(3));
    assertEquals(
        "mlp:4-5-3,leaky-relu=0.5",
        CheckpointArchitecture.networkOf(ours, Optional.of("mlp:4-5-3,leaky-relu=0.5"), "file")
            .architecture());
    assertEquals(
        "layers.0.weight: expected shape [6, 4], found [5, 4] in file", refusal(ours, "mlp:4-6-3"));
    ours.put("extra", of(1));
    assertTrue(refusal(ours, "mlp:4-5-3").contains("[extra]"));
  }
}
