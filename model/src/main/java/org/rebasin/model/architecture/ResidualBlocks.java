package org.rebasin.model.architecture;

import java.util.List;
import java.util.Optional;
import org.rebasin.model.network.Addition;
import org.rebasin.model.network.Convolution;
import org.rebasin.model.network.Dense;
import org.rebasin.model.network.Flatten;
import org.rebasin.model.network.GlobalAveragePool;
import org.rebasin.model.network.LeakyRelu;
import org.rebasin.model.network.MaxPool;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.PaddingShortcut;
import org.rebasin.model.network.Window;

/**
 * Adds the parts of a residual network (He et al., 2015) to a network that is being built, with
 * torchvision's names. Convolutions have no bias; a normalisation follows each.
 */
final class ResidualBlocks {
  private final Network.Builder builder;
  private final Names names;
  private final NormalizationLayer normalization;
  private final Shortcut shortcut;

  /** The value that was made last, and its channels. */
  private int value;

  private int channels;

  /**
   * What differs between programs that name such networks' tensors.
   *
   * @param prefix in front of all names
   * @param shortcut the layer of a block that is its shortcut
   * @param head the dense layer
   */
  record Names(String prefix, String shortcut, String head) {
    /** torchvision's, which are this project's. */
    static final Names OURS = new Names("", "downsample", "fc");

    Names withPrefix(String other) {
      return new Names(other, shortcut, head);
    }
  }

  /** A network that reads images of three channels. */
  ResidualBlocks(
      String architecture,
      int image,
      Names names,
      NormalizationLayer normalization,
      Shortcut shortcut) {
    this.builder = Network.builder(architecture, List.of(3, image, image));
    this.names = names;
    this.normalization = normalization;
    this.shortcut = shortcut;
    this.channels = 3;
  }

  /** The first convolution, with its normalisation and ReLU. */
  void stem(int outputs, Window window) {
    convolve("conv1", "bn1", outputs, window);
    relu("relu");
  }

  /** A max pool. */
  void maxPool(Window window) {
    value = builder.add(names.prefix() + "maxpool", new MaxPool(window), List.of(value));
  }

  /** Two 3×3 convolutions beside a shortcut. */
  void basic(String block, int outputs, int stride) {
    int input = value;
    int inputs = channels;
    convolve(block + ".conv1", block + ".bn1", outputs, Window.square(3, stride, 1));
    relu(block + ".relu1");
    convolve(block + ".conv2", block + ".bn2", outputs, Window.square(3, 1, 1));
    join(block, input, inputs, stride);
  }

  /** A 1×1, a 3×3 and a 1×1 convolution, the last to {@code 4·planes} channels. */
  void bottleneck(String block, int planes, int stride) {
    int input = value;
    int inputs = channels;
    convolve(block + ".conv1", block + ".bn1", planes, Window.square(1, 1, 0));
    relu(block + ".relu1");
    convolve(block + ".conv2", block + ".bn2", planes, Window.square(3, stride, 1));
    relu(block + ".relu2");
    convolve(
        block + ".conv3", block + ".bn3", Math.multiplyExact(4, planes), Window.square(1, 1, 0));
    join(block, input, inputs, stride);
  }

  /** Adds the block's input, or its shortcut, to the value made last. */
  private void join(String block, int input, int inputs, int stride) {
    int residual = value;
    int outputs = channels;
    value = input;
    if (stride != 1 || inputs != outputs) {
      channels = inputs;
      String name = block + "." + names.shortcut();
      switch (shortcut) {
        case CONV3 -> convolve(name + ".0", name + ".1", outputs, Window.square(3, stride, 1));
        case CONV1 -> convolve(name + ".0", name + ".1", outputs, Window.square(1, stride, 0));
        case PAD -> {
          int before = (outputs - inputs) / 2;
          PaddingShortcut padding = new PaddingShortcut(stride, before, outputs - inputs - before);
          value = builder.add(names.prefix() + name, padding, List.of(input));
          channels = outputs;
        }
      }
    }
    value = builder.add(names.prefix() + block + ".add", new Addition(), List.of(residual, value));
    relu(block + ".relu");
  }

  /** The mean over all pixels, and the dense layer that reads it. */
  Network head(int classes) {
    String prefix = names.prefix();
    value = builder.add(prefix + "avgpool", new GlobalAveragePool(), List.of(value));
    builder.add(prefix + "flatten", new Flatten(List.of(channels, 1, 1)), List.of(value));
    String head = prefix + names.head();
    return builder
        .then(head, new Dense(head + ".weight", Optional.of(head + ".bias"), channels, classes))
        .build();
  }

  private void convolve(String convolution, String norm, int outputs, Window window) {
    String name = names.prefix() + convolution;
    value =
        builder.add(
            name,
            new Convolution(name + ".weight", Optional.empty(), channels, outputs, window, 1),
            List.of(value));
    channels = outputs;
    String normName = names.prefix() + norm;
    normalization
        .operator(normName, outputs)
        .ifPresent(operator -> value = builder.add(normName, operator, List.of(value)));
  }

  private void relu(String name) {
    value = builder.add(names.prefix() + name, new LeakyRelu(0), List.of(value));
  }
}
