package org.rebasin.model.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.model.network.Parameter;
import org.rebasin.model.permutation.PermutationSpec;

class ArchitectureTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "mlp:784-512-10",
        "mlp:2-2-2-1,leaky-relu=0.01",
        "vgg16",
        "vgg11:width=8",
        "vgg19:width=16,norm=batch,classes=100,image=64,hidden=40,dropout=0.25",
        "vgg13:image=224",
        "vgg16:norm=batch,image=224",
        "vgg16:norm=layer,classes=10,image=224,hidden=512,dropout=0.0",
        "resnet20",
        "resnet20:width=32",
        "resnet110:norm=group1,shortcut=pad,image=16",
        "resnet56:norm=batch,shortcut=conv1,classes=100",
        "resnet18:width=8,classes=10,image=64",
        "resnet50",
        "resnet152"
      })
  void architecturesComeBackFromTheirText(String text) {
    Architecture architecture = Architecture.parse(text);
    assertEquals(text, architecture.text());
    assertEquals(architecture, Architecture.parse(architecture.text()));
    assertEquals(text, architecture.network().architecture());
  }

  @ParameterizedTest
  @CsvSource({
    "vgg16:width=64, vgg16",
    "'vgg16:norm=layer,image=32,hidden=512,dropout=0,classes=10', vgg16",
    "'vgg16:image=224,norm=none,hidden=4096,classes=1000,dropout=0.5', vgg16:image=224",
    "'resnet20:shortcut=conv3,width=1,norm=layer', resnet20",
    "resnet50:image=224, resnet50"
  })
  void whatIsUsualIsLeftOut(String text, String canonical) {
    assertEquals(canonical, Architecture.parse(text).text());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "cnn:3; unknown architecture 'cnn:3'",
        "resnet; unknown architecture",
        "resnet21; unknown architecture",
        "vgg12; unknown architecture",
        "vgg; unknown architecture",
        "mlp; expected widths with a - between them, found ''",
        "mlp:; expected options KEY=VALUE, found ''",
        "mlp:5; expected at least an input and an output width",
        "mlp:3-x-2; expected widths with a - between them, found 'x'",
        "mlp:3--2; expected widths with a - between them, found ''",
        "mlp:3-2,gelu; expected options KEY=VALUE, found 'gelu'",
        "mlp:3-2,leaky-relu=x; expected a number for leaky-relu=, found 'x'",
        "mlp:3-2,width=4; unknown option 'width'",
        "vgg16:64; expected options KEY=VALUE, found '64'",
        "vgg16:width; found 'width'",
        "vgg16:width=0; expected width=N, a whole number of at least 1, found '0'",
        "vgg16:width=many; expected width=N, a whole number of at least 1, found 'many'",
        "vgg16:norm=group1; expected norm=layer|batch|none, found 'group1'",
        "vgg16:image=16; at least 32, found '16'",
        "vgg16:dropout=1; expected dropout in [0, 1), found 1.0",
        "vgg16:width=8,width=8; found the option 'width' twice",
        "vgg16:shortcut=pad; unknown option 'shortcut'",
        "resnet20:norm=none; expected norm=layer|batch|group1, found 'none'",
        "resnet20:shortcut=conv5; expected shortcut=conv3|conv1|pad, found 'conv5'",
        "resnet50:norm=batch; unknown option 'norm'",
        "resnet20:; found ''"
      })
  void textsThatDoNotFitAreRefusedWithWhatWasExpected(String text, String refusal) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Architecture.parse(text)).getMessage();
    assertTrue(message.contains(text) && message.contains(refusal), message);
    assertTrue(message.contains("expected"), message);
  }

  @Test
  void unknownNamesAreRefusedWithAllThatThereAre() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Architecture.parse("tree:3"))
            .getMessage();
    for (String usage : List.of(Mlp.USAGE, Vgg.USAGE, ResNet.USAGE, CifarResNet.USAGE)) {
      assertTrue(message.contains(usage), message);
    }
  }

  /** As torchvision and the CIFAR-10 model collections count them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "resnet18; 11689512",
        "resnet34; 21797672",
        "resnet50; 25557032",
        "resnet101; 44549160",
        "resnet152; 60192808",
        "vgg11:image=224; 132863336",
        "vgg13:image=224; 133047848",
        "vgg16:image=224; 138357544",
        "vgg19:image=224; 143667240",
        "vgg11:image=224,norm=batch; 132868840",
        "vgg16:image=224,norm=batch; 138365992",
        "resnet20:norm=batch,shortcut=pad; 269722",
        "resnet20:norm=batch,shortcut=conv1; 272474",
        "resnet56:norm=batch,shortcut=pad; 853018"
      })
  void trainableParametersAreAsManyAsPublished(String text, long expected) {
    assertEquals(
        expected,
        Architecture.parse(text).network().parameters().stream()
            .filter(Parameter::trainable)
            .mapToLong(Parameter::elements)
            .sum());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "mlp:784-512-512-512-10; 3",
        "vgg11; 10",
        "vgg16; 15",
        "vgg16:image=224; 15",
        "vgg19:norm=batch; 18",
        // Three streams and the inside of each block.
        "resnet20; 12",
        "resnet20:norm=batch,shortcut=conv1; 12",
        "resnet56; 30",
        // Where zeros are padded tells the stream's channels apart.
        "resnet20:shortcut=pad; 9",
        "resnet18; 12",
        "resnet34; 20",
        // The stem, four streams, and two inside each block.
        "resnet50; 37",
        "resnet101; 71"
      })
  void groupsAreTheHiddenLayersWithStreamsCountedOnce(String text, int groups) {
    assertEquals(groups, PermutationSpec.of(Architecture.parse(text).network()).groups().size());
  }

  @Test
  void aStreamIsOnEveryTensorThatReadsOrMakesIt() {
    List<String> axes =
        PermutationSpec.of(Architecture.parse("resnet14:norm=batch").network()).groups().stream()
            .filter(group -> group.name().equals("layer2.0.conv2"))
            .flatMap(group -> group.axes().stream())
            .map(axis -> axis.tensor() + ":" + axis.axis())
            .sorted()
            .toList();
    assertEquals(
        List.of(
            "layer2.0.bn2.bias:0",
            "layer2.0.bn2.running_mean:0",
            "layer2.0.bn2.running_var:0",
            "layer2.0.bn2.weight:0",
            "layer2.0.conv2.weight:0",
            "layer2.0.downsample.0.weight:0",
            "layer2.0.downsample.1.bias:0",
            "layer2.0.downsample.1.running_mean:0",
            "layer2.0.downsample.1.running_var:0",
            "layer2.0.downsample.1.weight:0",
            "layer2.1.bn2.bias:0",
            "layer2.1.bn2.running_mean:0",
            "layer2.1.bn2.running_var:0",
            "layer2.1.bn2.weight:0",
            "layer2.1.conv1.weight:1",
            "layer2.1.conv2.weight:0",
            "layer3.0.conv1.weight:1",
            "layer3.0.downsample.0.weight:1"),
        axes);
  }

  @Test
  void aFlattenedImageIsReadInBlocksOfItsPixels() {
    assertEquals(
        49,
        PermutationSpec.of(Architecture.parse("vgg11:image=224,width=2").network())
            .groups()
            .stream()
            .flatMap(group -> group.axes().stream())
            .filter(axis -> axis.tensor().equals("classifier.0.weight") && axis.axis() == 1)
            .findFirst()
            .orElseThrow()
            .block());
  }
}
