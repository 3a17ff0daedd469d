package org.rebasin.model.architecture;

import java.util.Comparator;
import java.util.List;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Window;

/**
 * A residual network for small images (He et al., 2015, section 4.2): a 3×3 convolution, three
 * stages of {@code (depth − 2) / 6} basic blocks with 16, 32 and 64 channels times the width, the
 * mean over all pixels, a dense layer. Tensors are named as in torchvision's ResNets. Text: {@code
 * resnet20}, {@code resnet20:width=4}, {@code resnet56:norm=batch,shortcut=conv1,classes=100}. What
 * is left out is as in Git Re-Basin: LayerNorm, and a 3×3 convolution as the shortcut where a stage
 * begins.
 *
 * @param depth layers with weights, 8, 14, 20, 26, 32, 44, 56, 110, … {@code 6n + 2}, but none that
 *     {@link ResNet} has
 * @param width by which channels are multiplied
 * @param normalization after each convolution: layer, batch or group1
 * @param shortcut where a stage begins
 * @param classes number of outputs
 * @param image pixels of the input, both ways; no parameter depends on it
 */
public record CifarResNet(
    int depth,
    int width,
    NormalizationLayer normalization,
    Shortcut shortcut,
    int classes,
    int image)
    implements Architecture {
  static final String USAGE =
      "resnet20|32|44|56|110[:width=1][,norm=layer|batch|group1][,shortcut=conv3|conv1|pad]"
          + "[,classes=10][,image=32]";
  static final List<NormalizationLayer> NORMALIZATIONS =
      List.of(NormalizationLayer.LAYER, NormalizationLayer.BATCH, NormalizationLayer.GROUP1);
  static final int IMAGE = 32;
  static final int BASE_WIDTH = 16;
  private static final int CLASSES = 10;
  private static final int STAGES = 3;

  /** How other programs name the tensors. */
  private static final List<ResidualBlocks.Names> NAMES =
      List.of(
          ResidualBlocks.Names.OURS,
          new ResidualBlocks.Names("", "shortcut", "linear"),
          new ResidualBlocks.Names("", "shortcut", "fc"),
          new ResidualBlocks.Names("", "downsample", "linear"));

  /** Checks the sizes. */
  public CifarResNet {
    if (!isDepth(depth)) {
      throw new IllegalArgumentException(
          "expected a depth of 6n + 2 other than 50 and 152, found " + depth);
    }
    if (!NORMALIZATIONS.contains(normalization)) {
      throw new IllegalArgumentException(
          "expected a normalisation of " + NORMALIZATIONS + ", found " + normalization);
    }
    if (width < 1 || classes < 1 || image < 1) {
      throw new IllegalArgumentException(
          "expected positive sizes, found width %d, %d classes, image %d"
              .formatted(width, classes, image));
    }
  }

  static boolean isDepth(int depth) {
    return depth >= 8 && depth % 6 == 2 && !ResNet.STAGES.containsKey(depth);
  }

  static boolean isName(String name) {
    return name.matches(ResNet.NAME + "[1-9]\\d{0,3}")
        && isDepth(Integer.parseInt(name.substring(ResNet.NAME.length())));
  }

  static CifarResNet of(ArchitectureOptions options) {
    return new CifarResNet(
        Integer.parseInt(options.name().substring(ResNet.NAME.length())),
        options.integer("width", 1, 1),
        options.choice("norm", NormalizationLayer.LAYER, NORMALIZATIONS),
        options.choice("shortcut", Shortcut.CONV3, List.of(Shortcut.values())),
        options.integer("classes", CLASSES, 1),
        options.integer("image", IMAGE, 1));
  }

  @Override
  public String text() {
    return new ArchitectureOptions.Text(ResNet.NAME + depth)
        .option("width", width, 1)
        .option("norm", normalization, NormalizationLayer.LAYER)
        .option("shortcut", shortcut, Shortcut.CONV3)
        .option("classes", classes, CLASSES)
        .option("image", image, IMAGE)
        .toString();
  }

  @Override
  public Network network() {
    return network(ResidualBlocks.Names.OURS);
  }

  @Override
  public Network networkOf(CheckpointTensors tensors) {
    Network network = likest(tensors);
    tensors.requireParametersOf(network);
    return network;
  }

  /** The network with those of the known names that fit a checkpoint best. */
  Network likest(CheckpointTensors tensors) {
    return NAMES.stream()
        .map(names -> network(names.withPrefix(tensors.prefixOf(network(names)))))
        .max(Comparator.comparingLong(tensors::likeness))
        .orElseThrow();
  }

  private Network network(ResidualBlocks.Names names) {
    ResidualBlocks blocks = new ResidualBlocks(text(), image, names, normalization, shortcut);
    int channels = Math.multiplyExact(BASE_WIDTH, width);
    blocks.stem(channels, Window.square(3, 1, 1));
    for (int stage = 0; stage < STAGES; stage++) {
      int outputs = Math.multiplyExact(channels, 1 << stage);
      for (int i = 0; i < (depth - 2) / 6; i++) {
        blocks.basic("layer" + (stage + 1) + "." + i, outputs, stage > 0 && i == 0 ? 2 : 1);
      }
    }
    return blocks.head(classes);
  }
}
