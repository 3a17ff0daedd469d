package org.rebasin.model.architecture;

import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Window;

/**
 * A residual network for ImageNet (He et al., 2015) as torchvision builds it, with its tensors'
 * names: a 7×7 convolution, a max pool, four stages of basic blocks (18, 34) or bottlenecks (50,
 * 101, 152, with the stride in the 3×3 convolution), BatchNorm after each convolution, the mean
 * over all pixels, a dense layer. Text: {@code resnet50}, {@code
 * resnet18:width=16,classes=10,image=64}.
 *
 * @param depth layers with weights: 18, 34, 50, 101 or 152
 * @param width channels of the first convolution
 * @param classes number of outputs
 * @param image pixels of the input, both ways; no parameter depends on it
 */
public record ResNet(int depth, int width, int classes, int image) implements Architecture {
  static final String USAGE = "resnet18|34|50|101|152[:width=64][,classes=1000][,image=224]";
  static final String NAME = "resnet";
  static final int IMAGE = 224;
  private static final int WIDTH = 64;
  private static final int CLASSES = 1000;

  /** Blocks of each stage, by depth. */
  static final NavigableMap<Integer, List<Integer>> STAGES =
      new TreeMap<>(
          Map.of(
              18, List.of(2, 2, 2, 2),
              34, List.of(3, 4, 6, 3),
              50, List.of(3, 4, 6, 3),
              101, List.of(3, 4, 23, 3),
              152, List.of(3, 8, 36, 3)));

  private static final int FIRST_WITH_BOTTLENECKS = 50;

  /** Checks the sizes. */
  public ResNet {
    if (!STAGES.containsKey(depth)) {
      throw new IllegalArgumentException(
          "expected a depth of " + STAGES.keySet() + ", found " + depth);
    }
    if (width < 1 || classes < 1 || image < 1) {
      throw new IllegalArgumentException(
          "expected positive sizes, found width %d, %d classes, image %d"
              .formatted(width, classes, image));
    }
  }

  static boolean isName(String name) {
    return STAGES.keySet().stream().anyMatch(depth -> name.equals(NAME + depth));
  }

  static ResNet of(ArchitectureOptions options) {
    return new ResNet(
        Integer.parseInt(options.name().substring(NAME.length())),
        options.integer("width", WIDTH, 1),
        options.integer("classes", CLASSES, 1),
        options.integer("image", IMAGE, 1));
  }

  @Override
  public String text() {
    return new ArchitectureOptions.Text(NAME + depth)
        .option("width", width, WIDTH)
        .option("classes", classes, CLASSES)
        .option("image", image, IMAGE)
        .toString();
  }

  @Override
  public Network network() {
    return network("");
  }

  @Override
  public Network networkOf(CheckpointTensors tensors) {
    Network network = network(tensors.prefixOf(network()));
    tensors.requireParametersOf(network);
    return network;
  }

  /** The network with all names after a prefix. */
  Network network(String prefix) {
    ResidualBlocks blocks =
        new ResidualBlocks(
            text(),
            image,
            ResidualBlocks.Names.OURS.withPrefix(prefix),
            NormalizationLayer.BATCH,
            Shortcut.CONV1);
    blocks.stem(width, Window.square(7, 2, 3));
    blocks.maxPool(Window.square(3, 2, 1));
    List<Integer> stages = STAGES.get(depth);
    for (int stage = 0; stage < stages.size(); stage++) {
      int planes = Math.multiplyExact(width, 1 << stage);
      for (int i = 0; i < stages.get(stage); i++) {
        String block = "layer" + (stage + 1) + "." + i;
        int stride = stage > 0 && i == 0 ? 2 : 1;
        if (depth >= FIRST_WITH_BOTTLENECKS) {
          blocks.bottleneck(block, planes, stride);
        } else {
          blocks.basic(block, planes, stride);
        }
      }
    }
    return blocks.head(classes);
  }
}
