package org.rebasin.actors.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.rebasin.actors.report.Json;
import org.rebasin.actors.report.Tables;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.Provenance;
import org.rebasin.model.checkpoint.TensorDeclaration;
import org.rebasin.model.description.GivenArchitecture;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Parameter;
import org.rebasin.model.permutation.PermutationGroup;
import org.rebasin.model.permutation.PermutationSpec;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code rebasin inspect}. */
@Command(
    name = "inspect",
    description = "Shows a model's tensors, architecture, permutation groups and provenance.")
final class InspectCommand extends RebasinCommand {
  @Parameters(
      paramLabel = "MODEL",
      description =
          "A safetensors, NumPy or ONNX file; or an architecture: its text, or file:PATH of an"
              + " architecture file.")
  private String model;

  @Mixin private ModelOptions models;

  @Override
  Output execute() {
    Path path = Path.of(model);
    if (ModelOptions.isOnnx(path)) {
      return describe(GivenArchitecture.parse(GivenArchitecture.ONNX + model).network());
    }
    if (!Files.exists(path) && GivenArchitecture.looksLike(model)) {
      return describe(GivenArchitecture.parse(model).network());
    }
    try (ModelFile file = ModelFile.open(path, models.architecture())) {
      List<PermutationGroup> groups = PermutationSpec.of(file.network()).groups();
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("architecture", file.network().architecture());
      document.put(
          "parameters",
          file.network().parameters().stream()
              .filter(Parameter::trainable)
              .mapToLong(Parameter::elements)
              .sum());
      document.put(
          "tensors",
          tensors(file)
              .map(
                  tensor ->
                      Map.of(
                          "name", tensor.name(),
                          "dtype", tensor.dataType().name(),
                          "shape", tensor.shape()))
              .toList());
      document.put("groups", groups.stream().map(InspectCommand::document).toList());
      document.put(
          "provenance", Json.parseOrText(file.metadata().getOrDefault(Provenance.KEY, "{}")));
      document.put("sha256", file.sha256());
      return new Output(document, text(file, groups, document));
    }
  }

  /** A network without weights. */
  private Output describe(Network network) {
    List<PermutationGroup> groups = PermutationSpec.of(network).groups();
    long parameters =
        network.parameters().stream()
            .filter(Parameter::trainable)
            .mapToLong(Parameter::elements)
            .sum();
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("architecture", network.architecture());
    document.put("parameters", parameters);
    document.put(
        "tensors",
        network.parameters().stream()
            .map(parameter -> Map.of("name", parameter.name(), "shape", parameter.shape()))
            .toList());
    document.put("groups", groups.stream().map(InspectCommand::document).toList());
    List<List<String>> tensors = new ArrayList<>();
    tensors.add(List.of("tensor", "shape"));
    network
        .parameters()
        .forEach(parameter -> tensors.add(List.of(parameter.name(), parameter.shape().toString())));
    return new Output(
        document,
        "%s%narchitecture  %s%nparameters    %d%n%n%s%n%n%s"
            .formatted(
                model,
                network.architecture(),
                parameters,
                Tables.leftAligned(tensors),
                Tables.leftAligned(rows(groups))));
  }

  private static List<List<String>> rows(List<PermutationGroup> groups) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("permutation group", "units", "axes"));
    groups.forEach(
        group ->
            rows.add(
                List.of(
                    group.name(),
                    String.valueOf(group.size()),
                    group.axes().stream()
                        .map(axis -> axis.tensor() + ":" + axis.axis())
                        .collect(Collectors.joining(" ")))));
    return rows;
  }

  private static Stream<TensorDeclaration> tensors(ModelFile file) {
    return Stream.concat(file.state().stream(), file.declarations().stream());
  }

  private static Map<String, Object> document(PermutationGroup group) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("name", group.name());
    document.put("size", group.size());
    document.put(
        "axes",
        group.axes().stream()
            .map(axis -> Map.of("tensor", axis.tensor(), "axis", axis.axis()))
            .toList());
    return document;
  }

  private String text(ModelFile file, List<PermutationGroup> groups, Map<String, Object> document) {
    List<List<String>> tensors = new ArrayList<>();
    tensors.add(List.of("tensor", "type", "shape"));
    tensors(file)
        .forEach(
            tensor ->
                tensors.add(
                    List.of(
                        tensor.name(), tensor.dataType().name(), Arrays.toString(tensor.shape()))));
    return """
        %s
        architecture  %s
        parameters    %s
        sha256        %s
        provenance    %s

        %s

        %s"""
        .formatted(
            model,
            document.get("architecture"),
            document.get("parameters"),
            document.get("sha256"),
            file.metadata().getOrDefault(Provenance.KEY, "none recorded"),
            Tables.table(tensors),
            Tables.leftAligned(rows(groups)));
  }
}
