package org.rebasin.model.description;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.checkpoint.DataType;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.SafetensorsWriter;
import org.rebasin.model.checkpoint.TensorDeclaration;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Parameter;
import org.rebasin.model.permutation.PermutationGroup;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.tensor.Weights;

class GivenArchitectureTest {
  private static final Path DOCUMENTATION = Path.of("ARCHITECTURE_FILES.md");

  @TempDir Path directory;

  private static String refusal(String given) {
    return assertThrows(IllegalArgumentException.class, () -> GivenArchitecture.parse(given))
        .getMessage();
  }

  @Test
  void theDocumentedExampleIsAnArchitectureFile() throws IOException {
    Matcher example =
        Pattern.compile("```\n(# A small.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(DOCUMENTATION));
    assertTrue(example.find());
    Path file = Files.writeString(directory.resolve("net.txt"), example.group(1));
    Network network = GivenArchitecture.parse("file:" + file).network();
    assertEquals(List.of(3, 32, 32), network.inputShape());
    assertEquals(10, network.outputs());
    assertEquals(
        List.of("conv1", "conv2", "fc1"),
        PermutationSpec.of(network).groups().stream().map(PermutationGroup::name).toList());
    assertEquals(network, GivenArchitecture.parse("@" + file).network());
  }

  @Test
  void theDocumentationNamesEveryOperatorOfTheFormat() throws IOException {
    String operators =
        refusal("@" + Files.writeString(directory.resolve("n"), "input x 3\ny = z(x)"));
    String documentation = Files.readString(DOCUMENTATION);
    String kinds =
        operators.substring(operators.indexOf("one of ") + 7, operators.indexOf(", found"));
    for (String kind : kinds.split(", ")) {
      assertTrue(documentation.contains("`" + kind + "`"), kind);
    }
  }

  @Test
  void whatIsRecordedNeedsTheFileNoMore() throws IOException {
    Path file =
        Files.writeString(directory.resolve("net.txt"), "input x 4\ny = dense(x, out=2)\noutput y");
    Architecture given = GivenArchitecture.parse("@" + file);
    Files.delete(file);
    assertEquals(given, Architecture.parse(given.text()));
    assertEquals(given, GivenArchitecture.parse(given.text()));
  }

  @Test
  void anyOtherTextIsAnArchitecturesOwn() {
    assertEquals(Mlp.of(3, 4, 2), GivenArchitecture.parse("mlp:3-4-2"));
    assertTrue(refusal("what:3").startsWith("unknown architecture 'what:3'"));
  }

  @Test
  void aFileThatCannotBeReadIsRefusedByName() throws IOException {
    Path missing = directory.resolve("missing");
    assertEquals(
        missing + ": expected an architecture file, found no such file", refusal("@" + missing));
    assertEquals(
        directory + ": expected an architecture file, found something other than a regular file",
        refusal("file:" + directory));
    Path binary = Files.write(directory.resolve("binary"), new byte[] {(byte) 0xC3, 0x28});
    assertEquals(
        binary + ": expected an architecture file in UTF-8, found other bytes",
        refusal("@" + binary));
    Path wrong = Files.writeString(directory.resolve("wrong"), "input x 4\ny = dense(x)\noutput y");
    assertEquals(
        wrong + ":2:5: dense: expected out=UNITS, found no such option", refusal("@" + wrong));
  }

  @Test
  void anOnnxFileDescribesACheckpointWithItsTensorNames() throws IOException {
    Path onnx = directory.resolve("net.onnx");
    Path checkpoint = directory.resolve("net.safetensors");
    Network network =
        Architecture.parse(
                "graph:\ninput x 3x4x4\na = convolution(x, out=5, kernel=3)\nb = prelu(a, slopes=5)\n"
                    + "c = global-average-pool(b)\nd = flatten(c)\ne = dense(d, out=2)\noutput e\n")
            .network();
    try (Weights weights = network.initialize(1)) {
      OnnxWriter.write(onnx, network, weights);
      try (SafetensorsWriter writer =
          SafetensorsWriter.create(
              checkpoint,
              network.parameters().stream().map(GivenArchitectureTest::declaration).toList(),
              Map.of())) {
        weights
            .tensors()
            .forEach((name, tensor) -> writer.write(name, tensor.values().duplicate().rewind()));
        writer.commit();
      }
    }
    Architecture given = GivenArchitecture.parse("onnx:" + onnx);
    try (ModelFile model = ModelFile.open(checkpoint, Optional.of(given.text()))) {
      assertEquals(network.nodes(), model.network().nodes());
      assertEquals(
          List.of("a"),
          PermutationSpec.of(model.network()).groups().stream()
              .map(PermutationGroup::name)
              .toList());
    }
  }

  private static TensorDeclaration declaration(Parameter parameter) {
    return new TensorDeclaration(
        parameter.name(),
        DataType.F32,
        parameter.shape().stream().mapToLong(Integer::longValue).toArray());
  }
}
