package org.rebasin.actors.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.cli.RawModels.RawTensor;

/** Merging residual networks with BatchNorm, in files as torchvision's users save them. */
class ResidualModelsTest {
  private static final int WIDTH = 8;

  @TempDir Path directory;
  private Path a;
  private Path b;

  @BeforeEach
  void writeModels() {
    a = RawModels.write(file("a.safetensors"), resnet18(1, 111));
    b = RawModels.write(file("b.safetensors"), resnet18(2, 222));
  }

  private Path file(String name) {
    return directory.resolve(name);
  }

  /** A ResNet18 of 8 to 64 channels and 5 classes; types first, then names, as files are sorted. */
  private static List<RawTensor> resnet18(long seed, long batches) {
    Random random = new Random(seed);
    List<RawTensor> tensors = new ArrayList<>();
    convolution(tensors, random, batches, "conv1", "bn1", WIDTH, 3, 7);
    int inputs = WIDTH;
    for (int stage = 1; stage <= 4; stage++) {
      int outputs = WIDTH << (stage - 1);
      for (int i = 0; i < 2; i++) {
        String block = "layer" + stage + "." + i + ".";
        convolution(tensors, random, batches, block + "conv1", block + "bn1", outputs, inputs, 3);
        convolution(tensors, random, batches, block + "conv2", block + "bn2", outputs, outputs, 3);
        if (inputs != outputs) {
          String shortcut = block + "downsample.";
          convolution(tensors, random, batches, shortcut + "0", shortcut + "1", outputs, inputs, 1);
        }
        inputs = outputs;
      }
    }
    tensors.add(normal(random, "fc.weight", 5, inputs));
    tensors.add(normal(random, "fc.bias", 5));
    tensors.sort(
        Comparator.comparing(RawTensor::type, Comparator.reverseOrder())
            .thenComparing(RawTensor::name));
    return tensors;
  }

  private static void convolution(
      List<RawTensor> tensors,
      Random random,
      long batches,
      String name,
      String norm,
      int outputs,
      int inputs,
      int size) {
    tensors.add(normal(random, name + ".weight", outputs, inputs, size, size));
    for (String part : List.of("weight", "bias", "running_mean", "running_var")) {
      tensors.add(normal(random, norm + "." + part, outputs));
    }
    ByteBuffer count = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, batches);
    tensors.add(new RawTensor(norm + ".num_batches_tracked", "I64", new int[0], count.array()));
  }

  private static RawTensor normal(Random random, String name, int... shape) {
    int size = 1;
    for (int length : shape) {
      size *= length;
    }
    ByteBuffer bytes = ByteBuffer.allocate(4 * size).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < size; i++) {
      float value = (float) random.nextGaussian();
      bytes.putFloat(name.endsWith("running_var") ? Math.abs(value) + 0.5f : value);
    }
    return new RawTensor(name, "F32", shape, bytes.array());
  }

  private static Map<String, RawTensor> byName(Path file) throws IOException {
    return RawModels.read(file).stream()
        .collect(Collectors.toMap(RawTensor::name, Function.identity()));
  }

  @Test
  void aMergeKeepsAllTensorsAndTheFirstModelsCounts() throws IOException {
    Path out = file("merged.safetensors");
    Run.of("merge", a, b, "--json", "--out", out).done();
    Map<String, RawTensor> first = byName(a);
    Map<String, RawTensor> merged = byName(out);
    assertEquals(first.keySet(), merged.keySet());
    for (RawTensor tensor : first.values()) {
      assertEquals(tensor.declaration(), merged.get(tensor.name()).declaration());
      if (tensor.type().equals("I64")) {
        assertArrayEquals(tensor.bytes(), merged.get(tensor.name()).bytes());
      } else {
        assertFalse(
            Arrays.equals(tensor.bytes(), merged.get(tensor.name()).bytes()), tensor.name());
      }
    }
    // The product is a model like any other.
    Run.of("merge", out, a, "--json", "--out", file("again.safetensors")).done();
  }

  @Test
  void anAlignedModelHasItsOwnValuesInAnotherOrder() throws IOException {
    Path out = file("aligned.safetensors");
    JsonNode document = Run.of("align", a, b, "--json", "--out", out).done().json();
    assertEquals(12, document.get("groups").size());
    Map<String, RawTensor> original = byName(b);
    Map<String, RawTensor> aligned = byName(out);
    assertEquals(original.keySet(), aligned.keySet());
    for (RawTensor tensor : original.values()) {
      assertArrayEquals(tensor.sortedBits(), aligned.get(tensor.name()).sortedBits());
    }
    assertTrue(
        StreamSupport.stream(document.get("groups").spliterator(), false)
            .allMatch(group -> group.get("moved").asInt() > 0));
  }

  @Test
  void inspectCountsWhatIsTrainedAndListsAllTensors() throws IOException {
    JsonNode document = Run.of("inspect", a, "--json").done().json();
    assertEquals("resnet18:width=8,classes=5", document.get("architecture").asText());
    assertEquals(RawModels.read(a).size(), document.get("tensors").size());
    long trained =
        RawModels.read(a).stream()
            .filter(tensor -> tensor.type().equals("F32") && !tensor.name().contains("running"))
            .mapToLong(tensor -> tensor.bytes().length / 4)
            .sum();
    assertEquals(trained, document.get("parameters").asLong());
  }

  @Test
  void anIntegerTensorThatIsNoCountIsRefusedByName() {
    List<RawTensor> tensors = new ArrayList<>(resnet18(3, 1));
    tensors.add(new RawTensor("steps", "I64", new int[0], new byte[8]));
    Path bad = RawModels.write(file("bad.safetensors"), tensors);
    Run refused = Run.of("merge", a, bad, "--out", file("out"));
    assertEquals(2, refused.code());
    assertTrue(refused.err().contains("steps: expected F32, F16 or BF16, found I64"));
  }

  /** Ten photographs of 5 classes, of which every second one is tested on. */
  private String photographs() throws IOException {
    Random random = new Random(7);
    for (int i = 0; i < 10; i++) {
      BufferedImage image = new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB);
      for (int pixel = 0; pixel < 40 * 30; pixel++) {
        image.setRGB(pixel % 40, pixel / 40, random.nextInt());
      }
      Path folder = Files.createDirectories(file("photographs").resolve("val/n" + i / 2));
      assertTrue(ImageIO.write(image, "jpeg", folder.resolve(i + ".JPEG").toFile()));
    }
    return "imagenet:" + file("photographs") + "#train-from=val";
  }

  @Test
  void publishedCheckpointsAreComparedOnPhotographs() throws IOException {
    String data = photographs();
    JsonNode found =
        Run.of(
                "experiment",
                "run",
                "imagenet-resnet50",
                "--json",
                "--data",
                data,
                "--model",
                a,
                "--model",
                b,
                "--out",
                file("results"))
            .done()
            .json()
            .get("found");
    JsonNode curves = found.get("curves");
    for (String kind : List.of("naive", "aligned", "corrected")) {
      assertEquals(5, curves.get(kind).get("test").get("loss").size(), kind);
    }
    // The line begins in the first model, on images that are normalised as the experiment says.
    double normalised =
        Run.of("evaluate", a, "--json", "--data", data, "--normalization", "imagenet")
            .done()
            .json()
            .get("loss")
            .asDouble();
    double plain =
        Run.of("evaluate", a, "--json", "--data", data).done().json().get("loss").asDouble();
    assertEquals(normalised, curves.get("naive").get("test").get("loss").get(0).asDouble(), 1e-6);
    assertTrue(Math.abs(normalised - plain) > 1e-3, normalised + " and " + plain);
  }

  @Test
  void aMergeRecordsTheNormalizationThatWasTold() throws IOException {
    Path out = file("merged.safetensors");
    Run.of("merge", a, b, "--normalization", "imagenet", "--out", out).done();
    String data = photographs();
    assertEquals(
        Run.of("evaluate", out, "--json", "--data", data, "--normalization", "imagenet")
            .done()
            .json(),
        Run.of("evaluate", out, "--json", "--data", data).done().json());
    Run refused = Run.of("evaluate", out, "--data", data, "--normalization", "svhn");
    assertEquals(2, refused.code());
    assertTrue(refused.err().contains("normalization: expected none, imagenet"), refused.err());
  }
}
