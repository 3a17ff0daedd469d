package org.rebasin.model.aggregation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.checkpoint.DataType;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.SafetensorsWriter;
import org.rebasin.model.checkpoint.TensorDeclaration;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

class ScreeningTest {
  private static final String ARCHITECTURE = "mlp:8-6-4-3";

  @TempDir private Path directory;

  private Path model(String name, String architecture, Consumer<Weights> change) {
    Network network = Architecture.parse(architecture).network();
    Path path = directory.resolve(name);
    try (Weights weights = network.initialize(1)) {
      change.accept(weights);
      try (SafetensorsWriter writer =
          SafetensorsWriter.create(
              path,
              network.parameters().stream()
                  .map(
                      parameter ->
                          new TensorDeclaration(
                              parameter.name(),
                              DataType.F32,
                              parameter.shape().stream().mapToLong(Integer::longValue).toArray()))
                  .toList(),
              Map.of(ModelFile.ARCHITECTURE, architecture))) {
        weights
            .tensors()
            .forEach((tensor, values) -> writer.write(tensor, values.values().duplicate()));
        writer.commit();
      }
    }
    return path;
  }

  private Screening screen(Path model, boolean againstGlobal, double bound) {
    Path global = model("global", ARCHITECTURE, weights -> {});
    try (ModelFile file = ModelFile.open(model, Optional.empty());
        ModelFile reference = ModelFile.open(global, Optional.empty())) {
      return Screening.of(
          file, againstGlobal ? Optional.of(reference) : Optional.empty(), ARCHITECTURE, bound);
    }
  }

  private static void scale(Weights weights, float by) {
    for (Tensor tensor : weights.tensors().values()) {
      for (int i = 0; i < tensor.size(); i++) {
        tensor.values().put(i, by * tensor.values().get(i));
      }
    }
  }

  @Test
  void modelOfItsKindMayTakePart() {
    Screening screening =
        screen(model("good", ARCHITECTURE, weights -> scale(weights, 2)), true, 10);
    assertEquals(Optional.empty(), screening.objection());
    assertEquals(2, screening.norm() / screening.referenceNorm(), 1e-6);
  }

  @Test
  void firstModelsHaveNoNormToBeComparedWith() {
    Screening screening =
        screen(model("first", ARCHITECTURE, weights -> scale(weights, 1000)), false, 10);
    assertEquals(Optional.empty(), screening.objection());
    assertEquals(0, screening.referenceNorm());
  }

  @Test
  void otherShapesAreNamed() {
    Path wider = model("wider", "mlp:8-7-4-3", weights -> {});
    for (boolean againstGlobal : new boolean[] {true, false}) {
      assertEquals(
          Optional.of("layers.0.weight: expected shape [6, 8], found [7, 8]"),
          screen(wider, againstGlobal, 10).objection());
    }
  }

  @Test
  void missingAndUnknownTensorsAreNamed() {
    String last = Architecture.parse("mlp:8-6-4-3-2").network().parameters().get(6).name();
    assertTrue(
        screen(model("deeper", "mlp:8-6-4-3-2", weights -> {}), true, 10)
            .objection()
            .orElseThrow()
            .startsWith(last + ": the global model has no tensor of that name"));
    assertTrue(
        screen(model("flatter", "mlp:8-6-4", weights -> {}), true, 10)
            .objection()
            .orElseThrow()
            .startsWith("expected a tensor "));
  }

  @Test
  void valuesThatAreNoNumbersAreNamed() {
    Path broken =
        model(
            "broken",
            ARCHITECTURE,
            weights -> weights.get("layers.1.bias").values().put(3, Float.NaN));
    assertEquals(Optional.of("layers.1.bias holds NaN at 3"), screen(broken, true, 10).objection());
    Path endless =
        model(
            "endless",
            ARCHITECTURE,
            weights -> weights.get("layers.0.weight").values().put(13, Float.NEGATIVE_INFINITY));
    assertEquals(
        Optional.of("layers.0.weight holds -Infinity at [1, 5]"),
        screen(endless, true, 10).objection());
  }

  @Test
  void normFarAboveTheGlobalModelsIsRefused() {
    Screening screening =
        screen(model("loud", ARCHITECTURE, weights -> scale(weights, 100)), true, 10);
    assertTrue(
        screening
            .objection()
            .orElseThrow()
            .matches("norm [0-9.]+ is more than 10 times the global model's [0-9.]+"),
        screening.toString());
    assertEquals(100, screening.norm() / screening.referenceNorm(), 1e-4);
  }
}
