package org.rebasin.model.description;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.rebasin.model.description.OnnxWriter.attribute;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import onnx.Onnx.StringStringEntryProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.rebasin.model.permutation.PermutationSpec;

class OnnxRefusalTest {
  @TempDir Path directory;

  private static OnnxFixture image() {
    return OnnxFixture.of(4, 6, 6);
  }

  private static OnnxFixture vector() {
    return OnnxFixture.of(6);
  }

  private static List<Long> longs(long... values) {
    return Arrays.stream(values).boxed().toList();
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of(
            vector().node("Einsum", List.of("x"), "y"),
            "node 'Y': operator Einsum: is not understood"),
        Arguments.of(
            vector().node("Softmax", List.of("x"), "y"),
            "node 'Y': operator Softmax: is not understood; networks here end with logits: export"
                + " the model without it"),
        Arguments.of(
            image().integers("t", 0, 6, 4, 6).node("Reshape", List.of("x", "t"), "y"),
            "node 'Y': operator Reshape: is understood only where it makes each example a vector,"
                + " found [batch, 4, 6, 6] to [batch, 6, 4, 6]"),
        Arguments.of(
            image().integers("t", -1, 36).node("Reshape", List.of("x", "t"), "y"),
            "node 'Y': operator Reshape: would mix examples: expected [batch, 4, 6, 6] to become"
                + " [batch, …] of 144 elements, found [-1, 36]"),
        Arguments.of(
            image()
                .node("Transpose", List.of("x"), "t", attribute("perm", longs(0, 2, 1, 3)))
                .node("Flatten", List.of("t"), "y"),
            "node 'T': operator Transpose: expected to move the channels last or back, found order"
                + " [0, 2, 1, 3] of [batch, 4, 6, 6]"),
        Arguments.of(
            image()
                .node("Transpose", List.of("x"), "t", attribute("perm", longs(0, 2, 3, 1)))
                .node("Flatten", List.of("t"), "y"),
            "node 'Y': operator Flatten: would scatter each channel over the vector, because"
                + " channels are last in [batch, 6, 6, 4] with channels last"),
        Arguments.of(
            vector().node("Gemm", List.of("x", "w"), "y"),
            "node 'Y': operator Gemm: expected a stored tensor or what an earlier operator makes,"
                + " found no 'w'"),
        Arguments.of(
            vector().stored("w", 5, 3).node("Gemm", List.of("x", "w"), "y"),
            "node 'Y': operator Gemm: w: expected one input of shape [5], found [[6]]"),
        Arguments.of(
            vector().stored("w", 6, 3).node("Gemm", List.of("x", "w"), "y", attribute("alpha", 2f)),
            "node 'Y': operator Gemm: expected alpha and beta to be 1"),
        Arguments.of(
            vector().stored("w", 6, 3).stored("b", 1).node("Gemm", List.of("x", "w", "b"), "y"),
            "node 'Y': operator Gemm: b: expected one number for each of 3 channels, found shape"
                + " [1]"),
        Arguments.of(
            vector().node("MatMul", List.of("x", "x"), "y"),
            "node 'Y': operator MatMul: expected a stored tensor as 'x', found something computed"),
        Arguments.of(
            image()
                .stored("w", 2, 4, 3, 3)
                .node("Conv", List.of("x", "w"), "y", attribute("dilations", longs(2, 2))),
            "node 'Y': operator Conv: expected dilations of 1, found [2, 2]"),
        Arguments.of(
            image()
                .stored("w", 2, 4, 3, 3)
                .node("Conv", List.of("x", "w"), "y", attribute("pads", longs(0, 0, 1, 1))),
            "node 'Y': operator Conv: expected as much padding on both sides, found 0 before and 1"
                + " after"),
        Arguments.of(
            image()
                .stored("w", 2, 4, 2, 2)
                .node("Conv", List.of("x", "w"), "y", attribute("auto_pad", "SAME_UPPER")),
            "node 'Y': operator Conv: expected as much padding on both sides, found 0 before and 1"
                + " after"),
        Arguments.of(
            image().stored("w", 2, 3, 3, 3).node("Conv", List.of("x", "w"), "y"),
            "node 'Y': operator Conv: w: expected 4 input channels in 1 groups, found shape [2, 3,"
                + " 3, 3]"),
        Arguments.of(
            image().stored("w", 2, 4, 3, 3).node("Conv", List.of("x", "w"), "y", attribute("x", 1)),
            "node 'Y': operator Conv: does not understand the attribute 'x'"),
        Arguments.of(
            image()
                .node(
                    "MaxPool",
                    List.of("x"),
                    "y",
                    attribute("kernel_shape", longs(3, 3)),
                    attribute("strides", longs(2, 2)),
                    attribute("ceil_mode", 1)),
            "node 'Y': operator MaxPool: expected ceil_mode 0, or windows that end with the image,"
                + " found [3, 3] over [4, 6, 6]"),
        Arguments.of(
            image()
                .stored("s", 4)
                .stored("b", 4)
                .stored("m", 4)
                .stored("v", 3)
                .node("BatchNormalization", List.of("x", "s", "b", "m", "v"), "y"),
            "node 'Y': operator BatchNormalization: v: expected shape [4], found [3]"),
        Arguments.of(
            image()
                .stored("s", 4, 6, 6)
                .node("LayerNormalization", List.of("x", "s"), "y", attribute("axis", 1)),
            "node 'Y': operator LayerNormalization: expected a normalisation over the channels, as"
                + " the last axis, found axis 1 of [batch, 4, 6, 6]"),
        Arguments.of(
            image().node("ReduceMean", List.of("x"), "y", attribute("axes", longs(2))),
            "node 'Y': operator ReduceMean: expected a mean over all pixels, or over the channels in"
                + " a layer normalisation, found axes [2] of [batch, 4, 6, 6]"),
        Arguments.of(
            vector().number("two", 2).node("Mul", List.of("x", "two"), "y"),
            "node 'Y': operator Mul: is understood only as a part of GELU, SiLU, a normalisation, a"
                + " padded window or a padding shortcut; mixing channels or pixels otherwise is"
                + " not"),
        Arguments.of(
            vector()
                .node("Sigmoid", List.of("x"), "s")
                .node("Relu", List.of("x"), "r")
                .node("Mul", List.of("r", "s"), "y"),
            "node 'Y': operator Mul: is understood only as a part of GELU, SiLU or a normalisation,"
                + " and Add as the sum of two values of one shape"),
        Arguments.of(
            vector().stored("b", 6).node("Add", List.of("x", "b"), "y"),
            "node 'Y': operator Add: b: expected a bias right after its layer, or one number, found"
                + " shape [6]"),
        Arguments.of(
            image()
                .node("GlobalAveragePool", List.of("x"), "p")
                .node("Add", List.of("x", "p"), "y"),
            "node 'Y': operator Add: addition: expected two inputs of one shape, found [[4, 6, 6],"
                + " [4, 1, 1]]"),
        Arguments.of(
            image().node("Concat", List.of("x", "x"), "y", attribute("axis", 2)),
            "node 'Y': operator Concat: expected values joined along their channels, found axis 2"),
        Arguments.of(
            image()
                .integers("p", 0, 0, 1, 1, 0, 0, 1, 1)
                .node("Pad", List.of("x", "p"), "q")
                .node("Relu", List.of("q"), "y"),
            "node 'Q': operator Pad: is understood only as a part of GELU, SiLU, a normalisation, a"
                + " padded window or a padding shortcut; mixing channels or pixels otherwise is"
                + " not"),
        Arguments.of(
            image().node("Squeeze", List.of("x"), "y", attribute("axes", longs(2, 3))),
            "node 'Y': operator Squeeze: expected to take away the axes of one pixel, found axes [2,"
                + " 3] of [batch, 4, 6, 6]"),
        Arguments.of(
            vector().node("Relu", List.of("later"), "y").node("Relu", List.of("x"), "later"),
            "node 'Y': operator Relu: expected a stored tensor or what an earlier operator makes,"
                + " found no 'later'"),
        Arguments.of(
            vector().node("Relu", List.of("x"), "y").node("Tanh", List.of("x"), "y"),
            "node 'Y': operator Tanh: makes 'y', which another operator makes too"),
        Arguments.of(
            vector().node("Relu", List.of("x"), "z"),
            "expected an operator that makes the output 'y', found none"),
        Arguments.of(
            vector().node("Identity", List.of("x"), "y"),
            "expected operators, found a graph that puts out its input"),
        Arguments.of(
            vector().output("z").node("Relu", List.of("x"), "y"),
            "expected a graph with one input and one output, found inputs [x] and outputs [y, z]"),
        Arguments.of(
            OnnxFixture.of(3, 5).node("Relu", List.of("x"), "y"),
            "input 'x': expected [batch, units] or [batch, channels, height, width], all but the"
                + " batch known, found [-1, 3, 5] (-1 is unknown)"),
        Arguments.of(
            vector().operators(6).node("Relu", List.of("x"), "y"),
            "expected operators of version 7 or later, found version 6"),
        Arguments.of(
            vector()
                .stored(TensorProto.newBuilder().setName("w").addDims(3).setDataType(1))
                .node("Relu", List.of("x"), "y"),
            "tensor 'w': expected 3 values for shape [3], found 0"),
        Arguments.of(
            vector()
                .stored(
                    TensorProto.newBuilder()
                        .setName("w")
                        .setDataType(1)
                        .addDims(3)
                        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                        .addExternalData(
                            StringStringEntryProto.newBuilder()
                                .setKey("location")
                                .setValue("weights.bin")))
                .node("Relu", List.of("x"), "y"),
            "tensor 'w': expected values within the file, found them in another (external data);"
                + " save the model as one file, with onnx.save(model, path,"
                + " save_as_external_data=False)"));
  }

  @ParameterizedTest
  @MethodSource
  void refused(OnnxFixture model, String message) {
    assertEquals(
        directory.resolve("m.onnx") + ": " + message,
        assertThrows(IllegalArgumentException.class, () -> model.read(directory)).getMessage());
  }

  @Test
  void aGroupNormalisationInTwoGroupsCannotBeAligned() {
    OnnxModel model =
        image()
            .stored("c", 4, 4, 1, 1)
            .stored("n.weight", 4)
            .stored("b", 4)
            .stored("d", 4, 4, 1, 1)
            .node("Conv", List.of("x", "c"), "h")
            .node(
                "GroupNormalization",
                List.of("h", "n.weight", "b"),
                "g",
                attribute("num_groups", 2))
            .node("Conv", List.of("g", "d"), "y")
            .read(directory);
    assertEquals(
        "n.weight: a group normalisation of 4 channels in 2 groups changes when its channels change"
            + " groups, so it is not permutation-invariant; such a network cannot be aligned",
        assertThrows(IllegalArgumentException.class, () -> PermutationSpec.of(model.network()))
            .getMessage());
  }

  @Test
  void everyTruncatedFileIsRefusedAsOne() throws IOException {
    byte[] whole =
        vector().stored("w", 6, 3).node("Gemm", List.of("x", "w"), "y").model().toByteArray();
    Path file = directory.resolve("m.onnx");
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      String message =
          assertThrows(IllegalArgumentException.class, () -> OnnxModel.read(file)).getMessage();
      assertTrue(message.startsWith(file + ": expected an ONNX model, found "), message);
    }
  }

  @Test
  void whatIsNoModelIsRefused() throws IOException {
    Path none = directory.resolve("none.onnx");
    assertEquals(
        none + ": expected an ONNX model, found no such file",
        assertThrows(IllegalArgumentException.class, () -> OnnxModel.read(none)).getMessage());
    assertEquals(
        directory + ": expected an ONNX model, found something other than a regular file",
        assertThrows(IllegalArgumentException.class, () -> OnnxModel.read(directory)).getMessage());
    Path text = Files.writeString(directory.resolve("text.onnx"), "This is no model.");
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> OnnxModel.read(text))
            .getMessage()
            .startsWith(text + ": expected an ONNX model, found "));
  }
}
