package org.rebasin.model.description;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.rebasin.model.description.OnnxWriter.attribute;

import java.nio.file.Path;
import java.util.List;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

class OnnxReadingTest {
  @TempDir Path directory;

  /** The graph's text, without what is the same in all. */
  private String textOf(OnnxFixture model) {
    String text = model.read(directory).network().architecture();
    return text.substring(text.indexOf('\n', text.indexOf("input")) + 1, text.indexOf("output"));
  }

  @Test
  void aMatrixMultipliedFromTheRightIsTransposedAndTakesTheBiasAddedToIt() {
    OnnxModel model =
        OnnxFixture.of(2)
            .stored("w", 2, 3)
            .stored("b", 3)
            .node("MatMul", List.of("x", "w"), "h")
            .node("Add", List.of("b", "h"), "y")
            .read(directory);
    assertEquals(
        "graph:\ninput x 2\nH = dense(x, out=3, weight=w, bias=b)\noutput H\n",
        model.network().architecture());
    try (Weights weights = model.weights()) {
      assertArrayEquals(new int[] {3, 2}, weights.get("w").shape());
      assertArrayEquals(
          new float[] {0, 0.03f, 0.01f, 0.04f, 0.02f, 0.05f}, values(weights.get("w")));
    }
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[tensor.size()];
    tensor.values().get(0, values);
    return values;
  }

  @Test
  void aSharedParameterBelongsToEachLayerThatReadsIt() {
    OnnxModel model =
        OnnxFixture.of(3)
            .stored("w", 3, 3)
            .stored("b", 3)
            .node("Identity", List.of("b"), "second.bias")
            .node("Gemm", List.of("x", "w", "b"), "h")
            .node("Gemm", List.of("h", "w", "second.bias"), "y")
            .read(directory);
    assertEquals(
        "graph:\ninput x 3\nH = dense(x, out=3, weight=w, bias=b)\n"
            + "Y = dense(H, out=3, bias=second.bias)\noutput Y\n",
        model.network().architecture());
    try (Weights weights = model.weights()) {
      assertArrayEquals(values(weights.get("w")), values(weights.get("Y.weight")));
      assertArrayEquals(values(weights.get("b")), values(weights.get("second.bias")));
    }
  }

  @Test
  void sixteenBitAndDoubleWeightsBecomeFloat32() {
    OnnxModel model =
        OnnxFixture.of(2)
            .stored(
                TensorProto.newBuilder()
                    .setName("half")
                    .setDataType(TensorProto.DataType.FLOAT16_VALUE)
                    .addDims(2)
                    .addDims(2)
                    .addAllInt32Data(List.of(0x3C00, 0xC100, 0x0001, 0x7BFF)))
            .stored(
                TensorProto.newBuilder()
                    .setName("brain")
                    .setDataType(TensorProto.DataType.BFLOAT16_VALUE)
                    .addDims(2)
                    .addDims(2)
                    .addAllInt32Data(List.of(0x3F80, 0xC020, 0, 0x4000)))
            .stored(
                TensorProto.newBuilder()
                    .setName("double")
                    .setDataType(TensorProto.DataType.DOUBLE_VALUE)
                    .addDims(2)
                    .addAllDoubleData(List.of(0.1, -3.0)))
            .node("Gemm", List.of("x", "half", "double"), "h", attribute("transB", 1))
            .node("Gemm", List.of("h", "brain"), "y", attribute("transB", 1))
            .read(directory);
    try (Weights weights = model.weights()) {
      assertArrayEquals(new float[] {1, -2.5f, 0x1p-24f, 65504}, values(weights.get("half")));
      assertArrayEquals(new float[] {1, -2.5f, 0, 2}, values(weights.get("brain")));
      assertArrayEquals(new float[] {0.1f, -3}, values(weights.get("double")));
    }
  }

  @Test
  void anImageWithChannelsLastIsReadAsOneWithChannelsFirst() {
    OnnxModel model =
        OnnxFixture.of(8, 6, 3)
            .stored("c.weight", 4, 3, 3, 3)
            .node("Transpose", List.of("x"), "t", attribute("perm", List.of(0L, 3L, 1L, 2L)))
            .node("Conv", List.of("t", "c.weight"), "y")
            .read(directory);
    assertEquals(List.of(3, 8, 6), model.network().inputShape());
  }

  @Test
  void aVectorCutIntoRowsIsReadAsAnImage() {
    OnnxModel model =
        OnnxFixture.of(784)
            .integers("t", -1, 1, 28, 28)
            .stored("c.weight", 4, 1, 3, 3)
            .node("Reshape", List.of("x", "t"), "r")
            .node("Conv", List.of("r", "c.weight"), "y")
            .read(directory);
    assertEquals(List.of(1, 28, 28), model.network().inputShape());
    assertEquals(1, model.network().nodes().size());
  }

  @Test
  void sameSizeIsPaddingWhereBothSidesAreAlike() {
    assertEquals(
        "c = convolution(x, out=4, kernel=3x5, padding=1x2, bias=none)\n",
        textOf(
            OnnxFixture.of(3, 8, 6)
                .stored("c.weight", 4, 3, 3, 5)
                .node("Conv", List.of("x", "c.weight"), "y", attribute("auto_pad", "SAME_UPPER"))));
  }

  @Test
  void onePixelLosesItsAxesInAnyWay() {
    for (OnnxFixture model :
        List.of(
            pooled().integers("t", 0, -1).node("Reshape", List.of("p", "t"), "y"),
            pooled().integers("t", -1, 4).node("Reshape", List.of("p", "t"), "y"),
            pooled().integers("a", 2, 3).node("Squeeze", List.of("p", "a"), "y"),
            pooled()
                .integers("a", 3)
                .integers("b", -1)
                .node("Squeeze", List.of("p", "a"), "q")
                .node("Squeeze", List.of("q", "b"), "y"),
            pooled().node("Flatten", List.of("p"), "y"))) {
      assertEquals("P = global-average-pool(x)\nY = flatten(P)\n", textOf(model));
    }
  }

  private static OnnxFixture pooled() {
    return OnnxFixture.of(4, 3, 3).node("GlobalAveragePool", List.of("x"), "p");
  }

  @Test
  void geluIsRecognisedInWhateverOrderItIsMultiplied() {
    OnnxFixture halfFirst =
        OnnxFixture.of(4)
            .number("root", 0.70710678f)
            .number("one", 1)
            .number("half", 0.5f)
            .node("Mul", List.of("x", "half"), "h")
            .node("Mul", List.of("root", "x"), "r")
            .node("Erf", List.of("r"), "e")
            .node("Add", List.of("one", "e"), "s")
            .node("Mul", List.of("h", "s"), "y");
    assertEquals("Y = gelu(x)\n", textOf(halfFirst));
    OnnxFixture power =
        OnnxFixture.of(4)
            .number("three", 3)
            .number("cubic", 0.044715f)
            .number("root", 0.7978846f)
            .number("one", 1)
            .number("half", 0.5f)
            .node("Pow", List.of("x", "three"), "p")
            .node("Mul", List.of("p", "cubic"), "c")
            .node("Add", List.of("x", "c"), "a")
            .node("Mul", List.of("a", "root"), "r")
            .node("Tanh", List.of("r"), "t")
            .node("Add", List.of("t", "one"), "s")
            .node("Mul", List.of("s", "half"), "h")
            .node("Mul", List.of("x", "h"), "y");
    assertEquals("Y = gelu(x, approximation=tanh)\n", textOf(power));
  }

  @Test
  void activationsThatAreOperatorsMayFollowOneAnother() {
    assertEquals(
        "S = sigmoid(x)\nT = tanh(S)\nY = addition(T, S)\n",
        textOf(
            OnnxFixture.of(4)
                .node("Sigmoid", List.of("x"), "s")
                .node("Tanh", List.of("s"), "t")
                .node("Add", List.of("t", "s"), "y")));
  }

  @Test
  void whatTheOutputDoesNotDependOnIsLeftOut() {
    assertEquals(
        "Y = relu(x)\n",
        textOf(
            OnnxFixture.of(4).node("NonZero", List.of("x"), "z").node("Relu", List.of("x"), "y")));
  }
}
