package org.rebasin.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Parameter;
import org.rebasin.model.tensor.Weights;

class ModelFileTest {
  private static final String ARCHITECTURE = "resnet8:norm=batch";
  private static final int COUNTED = 9;

  @TempDir Path directory;

  /** A residual network as PyTorch saves it: a count of batches follows each running variance. */
  private Path model(String name, String prefix, long batches, TensorDeclaration... extra) {
    Network network = Architecture.parse(ARCHITECTURE).network();
    List<TensorDeclaration> tensors = new ArrayList<>();
    for (Parameter parameter : network.parameters()) {
      tensors.add(
          new TensorDeclaration(
              prefix + parameter.name(),
              DataType.F32,
              parameter.shape().stream().mapToLong(Integer::longValue).toArray()));
      if (parameter.name().endsWith("running_var")) {
        tensors.add(count(prefix + parameter.name().replace("running_var", "num_batches_tracked")));
      }
    }
    tensors.addAll(List.of(extra));
    Path path = directory.resolve(name);
    try (SafetensorsWriter writer = SafetensorsWriter.create(path, tensors, Map.of())) {
      for (TensorDeclaration tensor : tensors) {
        if (tensor.dataType() == DataType.F32) {
          float[] values = new float[(int) tensor.elements()];
          Arrays.fill(values, tensor.name().length());
          writer.write(tensor.name(), FloatBuffer.wrap(values));
        } else {
          ByteBuffer bytes = ByteBuffer.allocate((int) tensor.bytes());
          bytes.order(ByteOrder.LITTLE_ENDIAN).putLong(0, batches);
          writer.writeBytes(tensor.name(), bytes);
        }
      }
      writer.commit();
    }
    return path;
  }

  private static TensorDeclaration count(String name) {
    return new TensorDeclaration(name, DataType.I64, new long[0]);
  }

  private static String refusal(Path path) {
    return assertThrows(CheckpointException.class, () -> ModelFile.open(path, Optional.empty()))
        .getMessage();
  }

  @Test
  void countsOfBatchesAreNoParameters() {
    try (ModelFile file = ModelFile.open(model("a", "", 7), Optional.empty())) {
      assertEquals(ARCHITECTURE, file.network().architecture());
      assertEquals(
          file.network().parameters().stream().map(Parameter::name).toList(),
          file.declarations().stream().map(TensorDeclaration::name).toList());
      assertEquals(COUNTED, file.state().size());
      assertEquals(count("bn1.num_batches_tracked"), file.state().get(0));
    }
  }

  @Test
  void weightsHoldTheRunningStatistics() {
    try (ModelFile file = ModelFile.open(model("a", "module.", 7), Optional.empty())) {
      Weights weights = file.weights();
      assertEquals(
          file.network().parameters().stream().map(Parameter::name).toList(),
          List.copyOf(weights.names()));
      assertEquals(
          "module.layer3.0.bn2.running_var".length(),
          weights.get("module.layer3.0.bn2.running_var").values().get(63));
    }
  }

  @Test
  void stateIsCopiedByteForByteIntoAFileMadeFromThisOne() {
    long batches = 0x0123456789abcdefL;
    Path copy = directory.resolve("copy");
    try (ModelFile file = ModelFile.open(model("a", "", batches), Optional.empty());
        Weights zeros = Weights.like(file.weights());
        SafetensorsWriter writer =
            SafetensorsWriter.create(
                copy,
                Stream.concat(file.state().stream(), file.declarations().stream()).toList(),
                file.metadata())) {
      file.copyState(writer);
      file.declarations()
          .forEach(
              tensor -> writer.write(tensor.name(), zeros.get(tensor.name()).values().duplicate()));
      writer.commit();
    }
    try (SafetensorsFile written = SafetensorsFile.open(copy)) {
      ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      written.readBytes("layer3.0.bn2.num_batches_tracked", 0, bytes);
      assertEquals(batches, bytes.getLong(0));
    }
    try (ModelFile written = ModelFile.open(copy, Optional.empty())) {
      assertEquals(COUNTED, written.state().size());
      assertArrayEquals(new float[16], written.weights().get("bn1.running_mean").toArray());
    }
  }

  @Test
  void modelsMayDifferInTheirState() {
    try (ModelFile one = ModelFile.open(model("a", "", 1), Optional.empty());
        ModelFile other = ModelFile.open(model("b", "", 2), Optional.empty())) {
      one.requireSameTensors(other);
    }
    try (ModelFile one = ModelFile.open(model("a", "", 1), Optional.empty());
        ModelFile other = ModelFile.open(model("b", "module.", 2), Optional.empty())) {
      assertTrue(
          assertThrows(CheckpointException.class, () -> one.requireSameTensors(other))
              .getMessage()
              .contains("expected a tensor named \"conv1.weight\""));
    }
  }

  @Test
  void otherIntegersAreRefusedByName() {
    assertTrue(
        refusal(model("a", "", 1, count("steps")))
            .contains("steps: expected F32, F16 or BF16, found I64"));
    assertTrue(
        refusal(model("b", "", 1, count("fc.num_batches_tracked")))
            .contains("fc.num_batches_tracked: expected F32, F16 or BF16, found I64"));
    assertTrue(
        refusal(
                model(
                    "c",
                    "",
                    1,
                    new TensorDeclaration("x.running_mean", DataType.I64, new long[] {2})))
            .contains("x.running_mean: expected F32, F16 or BF16, found I64"));
    assertTrue(
        refusal(
                model(
                    "d",
                    "",
                    1,
                    new TensorDeclaration("x.running_mean", DataType.F32, new long[] {2}),
                    new TensorDeclaration("x.num_batches_tracked", DataType.I64, new long[] {1})))
            .contains("x.num_batches_tracked: expected F32, F16 or BF16, found I64"));
  }
}
