package org.rebasin.model.description;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.rebasin.model.description.OnnxValue.Activation;
import org.rebasin.model.description.OnnxValue.Integers;
import org.rebasin.model.description.OnnxValue.Layout;
import org.rebasin.model.description.OnnxValue.Padded;
import org.rebasin.model.description.OnnxValue.Strided;
import org.rebasin.model.network.PaddingShortcut;

/**
 * ONNX operators that cut from tensors and pad them: shortcuts without parameters, the padding that
 * exporters write apart from its window, and slices of integers.
 */
final class OnnxCuts implements OnnxOperators {
  private final OnnxReader reader;

  OnnxCuts(OnnxReader reader) {
    this.reader = reader;
  }

  @Override
  public Optional<OnnxValue> read(OnnxNode node) {
    return switch (node.operator()) {
      case "Slice" -> Optional.of(slice(node));
      case "Pad" -> Optional.of(pad(node));
      default -> Optional.empty();
    };
  }

  private OnnxValue slice(OnnxNode node) {
    List<Long> starts = reader.listed(node, 1, "starts");
    List<Long> ends = reader.listed(node, 2, "ends");
    List<Long> axes =
        node.hasInput(3) || node.hasAttribute("axes")
            ? reader.listed(node, 3, "axes")
            : LongStream.range(0, starts.size()).boxed().toList();
    List<Long> steps =
        node.hasInput(4)
            ? reader.integers(node, 4).values()
            : Collections.nCopies(starts.size(), 1L);
    OnnxValue value = reader.value(node, 0);
    if (value instanceof Integers integers) {
      OnnxIntegers sliced = integers.integers();
      for (int i = 0; i < axes.size(); i++) {
        int rank = sliced.shape().size();
        int axis = Math.toIntExact(axes.get(i) < 0 ? axes.get(i) + rank : axes.get(i));
        sliced = sliced.slice(axis, starts.get(i), ends.get(i), steps.get(i));
      }
      return new Integers(sliced);
    }
    Strided strided = value instanceof Strided held ? held : new Strided(image(node), 1, 1);
    for (int i = 0; i < axes.size(); i++) {
      int axis = Math.toIntExact(axes.get(i) < 0 ? axes.get(i) + 4 : axes.get(i));
      boolean all =
          starts.get(i) == 0
              && axis >= 1
              && axis <= 3
              && ends.get(i) >= strided.image().shape().get(axis - 1);
      if (!all || steps.get(i) < 1 || axis == 1 && steps.get(i) != 1) {
        throw node.problem(
            "expected every so many rows and columns from the first to the last, found axis %d from %d to %d by %d"
                .formatted(axis, starts.get(i), ends.get(i), steps.get(i)));
      }
      int step = Math.toIntExact(steps.get(i));
      strided =
          new Strided(
              strided.image(),
              strided.strideY() * (axis == 2 ? step : 1),
              strided.strideX() * (axis == 3 ? step : 1));
    }
    return strided;
  }

  private Activation image(OnnxNode node) {
    Activation image = reader.activation(node, 0);
    if (image.layout() != Layout.CHANNELS_FIRST) {
      throw node.problem(
          "expected [batch, channels, height, width], found " + OnnxLayers.shown(image));
    }
    return image;
  }

  private OnnxValue pad(OnnxNode node) {
    String mode = node.text("mode", "constant");
    boolean zeros = !node.hasInput(2) || reader.constant(node, 2).scalar() == 0;
    if (!mode.equals("constant") || !zeros || node.number("value", 0) != 0 || node.hasInput(3)) {
      throw node.problem("expected padding by zeros on all axes, found mode " + mode);
    }
    List<Long> pads = reader.listed(node, 1, "pads");
    boolean strides =
        reader.value(node, 0) instanceof Strided held && held.strideY() * held.strideX() > 1;
    if (!strides && pads.stream().allMatch(pad -> pad == 0)) {
      return OnnxReader.isWhole(reader.value(node, 0))
          ? reader.activation(node, 0)
          : reader.value(node, 0);
    }
    if (pads.size() != 8 || pads.get(0) != 0 || pads.get(4) != 0 || Collections.min(pads) < 0) {
      throw node.problem("expected padding of channels, rows or columns, found " + pads);
    }
    int before = Math.toIntExact(pads.get(1));
    int after = Math.toIntExact(pads.get(5));
    Strided strided =
        reader.value(node, 0) instanceof Strided held ? held : new Strided(image(node), 1, 1);
    boolean pixels = pads.get(2) + pads.get(3) + pads.get(6) + pads.get(7) > 0;
    if (!pixels && strided.strideY() == strided.strideX()) {
      return reader.add(
          reader.nameFor(node),
          new PaddingShortcut(strided.strideY(), before, after),
          Layout.CHANNELS_FIRST,
          strided.image());
    }
    boolean around =
        before + after == 0
            && strided.strideY() * strided.strideX() == 1
            && pads.get(2).equals(pads.get(6))
            && pads.get(3).equals(pads.get(7));
    if (!around) {
      throw node.problem(
          "expected padding of channels alone, or as much on both sides of an image, found "
              + pads);
    }
    return new Padded(strided.image(), Math.toIntExact(pads.get(2)), Math.toIntExact(pads.get(3)));
  }
}
