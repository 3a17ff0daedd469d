package org.rebasin.model.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Parameter;

/** Convolutional networks as torchvision and others store them. */
class ConvolutionalCheckpointTest {
  private static Map<String, int[]> shapes(String architecture) {
    return shapes(architecture, UnaryOperator.identity());
  }

  private static Map<String, int[]> shapes(String architecture, UnaryOperator<String> names) {
    Map<String, int[]> shapes = new LinkedHashMap<>();
    for (Parameter parameter : Architecture.parse(architecture).network().parameters()) {
      shapes.put(names.apply(parameter.name()), parameter.dimensions());
    }
    return shapes;
  }

  private static Network inferred(Map<String, int[]> shapes) {
    return CheckpointArchitecture.networkOf(shapes, Optional.empty(), "x.safetensors");
  }

  private static String refusal(Map<String, int[]> shapes) {
    return assertThrows(IllegalArgumentException.class, () -> inferred(shapes)).getMessage();
  }

  private static String refusal(String architecture, Map<String, int[]> shapes) {
    return assertThrows(
            IllegalArgumentException.class,
            () ->
                CheckpointArchitecture.networkOf(
                    shapes, Optional.of(architecture), "x.safetensors"))
        .getMessage();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "vgg11:image=224",
        "vgg13:norm=batch,image=224",
        "vgg16",
        "vgg16:norm=none",
        "vgg16:width=8,norm=batch,classes=100,image=96,hidden=40",
        "vgg19:norm=none,image=224",
        "resnet18",
        "resnet18:width=8,classes=10",
        "resnet34",
        "resnet50",
        "resnet101:classes=7",
        "resnet152:width=8",
        "resnet8",
        "resnet20",
        "resnet20:width=4,norm=batch,shortcut=conv1,classes=100",
        "resnet32:shortcut=pad",
        "resnet110:norm=batch,shortcut=pad"
      })
  void networksAreKnownByTheirTensors(String architecture) {
    Network expected = Architecture.parse(architecture).network();
    assertEquals(expected, inferred(shapes(architecture)));
    // Files are often sorted by name.
    assertEquals(expected, inferred(new TreeMap<>(shapes(architecture))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "vgg16:norm=batch; module.",
        "resnet50; model.",
        "resnet20:norm=batch,shortcut=pad; module.model.",
        "resnet20; _orig_mod."
      })
  void namesAfterAPrefixAreKnownAndKept(String architecture, String prefix) {
    Map<String, int[]> shapes = shapes(architecture, prefix::concat);
    Network network = inferred(shapes);
    assertEquals(architecture, network.architecture());
    assertEquals(
        List.copyOf(shapes.keySet()), network.parameters().stream().map(Parameter::name).toList());
    assertEquals(
        network,
        CheckpointArchitecture.networkOf(shapes, Optional.of(architecture), "x.safetensors"));
  }

  @Test
  void otherNamesOfShortcutAndHeadAreKnownAndKept() {
    UnaryOperator<String> others =
        name -> name.replace("downsample", "shortcut").replace("fc.", "linear.");
    for (String architecture :
        List.of(
            "resnet20:norm=batch,shortcut=conv1",
            "resnet44:norm=batch,shortcut=pad",
            "resnet56:classes=100")) {
      Map<String, int[]> shapes = shapes(architecture, others);
      Network network = inferred(shapes);
      assertEquals(architecture, network.architecture());
      assertEquals(
          List.copyOf(shapes.keySet()),
          network.parameters().stream().map(Parameter::name).toList());
      assertEquals(
          network,
          CheckpointArchitecture.networkOf(shapes, Optional.of(architecture), "x.safetensors"));
    }
  }

  @Test
  void torchvisionsNamesAreOurs() {
    Map<String, int[]> resnet = shapes("resnet50");
    assertEquals(
        List.of("conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"),
        resnet.keySet().stream().limit(5).toList());
    assertEquals(
        List.of(2048, 1024, 1, 1),
        Architecture.parse("resnet50").network().parameters().stream()
            .filter(parameter -> parameter.name().equals("layer4.0.downsample.0.weight"))
            .findFirst()
            .orElseThrow()
            .shape());
    assertTrue(resnet.containsKey("layer3.5.bn3.running_var"));
    assertEquals(
        List.of("fc.weight", "fc.bias"), resnet.keySet().stream().skip(resnet.size() - 2).toList());
    assertEquals(267, resnet.size());
    assertTrue(shapes("vgg16:image=224").containsKey("features.28.weight"));
    assertTrue(shapes("vgg16:image=224,norm=batch").containsKey("features.41.running_mean"));
    assertEquals(25088, shapes("vgg16:image=224,norm=batch").get("classifier.0.weight")[1]);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "vgg16; features.20.weight",
        "vgg16:norm=none; features.0.weight",
        "vgg16; classifier.6.weight",
        "resnet50; layer3.4.conv2.weight",
        "resnet50; conv1.weight",
        "resnet18; fc.weight",
        "resnet20; layer2.0.downsample.0.weight",
        "resnet20:norm=batch; layer2.2.bn2.running_var"
      })
  void aMissingTensorIsNamed(String architecture, String name) {
    Map<String, int[]> shapes = shapes(architecture);
    shapes.remove(name);
    for (String message : List.of(refusal(shapes), refusal(architecture, shapes))) {
      assertTrue(message.contains(name + ": expected"), message);
      assertTrue(message.contains("found no"), message);
      assertTrue(message.contains("x.safetensors"), message);
    }
    assertTrue(refusal(shapes).contains("pass --architecture"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "vgg16; features.20.weight; '[512, 512, 5, 5]'",
        "vgg16; classifier.3.bias; '[3]'",
        "resnet50; layer3.4.conv2.weight; '[256, 256, 1, 1]'",
        "resnet50; conv1.weight; '[64, 3, 3, 3]'",
        "resnet20; layer2.0.bn1.weight; '[16]'"
      })
  void aWrongShapeIsNamedWithBoth(String architecture, String name, String found) {
    Map<String, int[]> shapes = shapes(architecture);
    int[] wrong =
        List.of(found.substring(1, found.length() - 1).split(", ")).stream()
            .mapToInt(Integer::parseInt)
            .toArray();
    int[] expected = shapes.put(name, wrong);
    for (String message : List.of(refusal(shapes), refusal(architecture, shapes))) {
      assertTrue(
          message.contains(
              name + ": expected shape " + Arrays.toString(expected) + ", found " + found),
          message);
    }
  }

  @Test
  void anExtraTensorIsNamed() {
    for (String architecture : List.of("vgg16", "resnet50", "resnet20", "resnet20:norm=batch")) {
      Map<String, int[]> shapes = shapes(architecture);
      shapes.put("fc2.weight", new int[] {3, 3});
      assertTrue(refusal(shapes).contains("does not have: [fc2.weight]"), refusal(shapes));
      assertTrue(refusal(architecture, shapes).contains("does not have: [fc2.weight]"));
    }
  }

  @Test
  void imagesAndWidthsThatCannotBeAreRefused() {
    Map<String, int[]> vgg = shapes("vgg16");
    vgg.put("classifier.0.weight", new int[] {512, 512 * 3});
    assertTrue(refusal(vgg).contains("classifier.0.weight: expected 512 channels times a square"));
    Map<String, int[]> resnet = shapes("resnet20");
    resnet.put("conv1.weight", new int[] {20, 3, 3, 3});
    assertTrue(refusal(resnet).contains("conv1.weight: expected a multiple of 16 channels"));
  }
}
