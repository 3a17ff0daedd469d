package org.rebasin.model.architecture;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rebasin.model.network.Convolution;
import org.rebasin.model.network.Dense;
import org.rebasin.model.network.Dropout;
import org.rebasin.model.network.Flatten;
import org.rebasin.model.network.LeakyRelu;
import org.rebasin.model.network.MaxPool;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Operator;
import org.rebasin.model.network.Window;

/**
 * A VGG network (Simonyan and Zisserman, 2015): five stages of 3×3 convolutions, each ending in a
 * max pool that halves the image, then three dense layers. Tensors have torchvision's names and
 * layout ({@code features.N.weight}, {@code classifier.0.weight}, …).
 *
 * <p>Text: {@code vgg16}, {@code vgg16:width=8,norm=batch}, {@code vgg11:image=224}. What is left
 * out is as in Git Re-Basin's CIFAR-10 experiment: LayerNorm after each convolution, {@code
 * hidden=} 8 times the width, no dropout, 10 classes. With {@code image=224} it is as in
 * torchvision: no normalisation, {@code hidden=} 64 times the width, dropout 0.5, 1000 classes.
 *
 * <p>torchvision pools the last stage's output to 7×7 pixels, which is what images of 224 pixels
 * have there; images of another size keep the pixels that they have.
 *
 * @param depth layers with weights: 11, 13, 16 or 19
 * @param width channels of the first stage
 * @param normalization after each convolution: batch, layer or none
 * @param classes number of outputs
 * @param image pixels of the input, both ways
 * @param hidden units of the first two dense layers
 * @param dropout rate after each of them, in training
 */
public record Vgg(
    int depth,
    int width,
    NormalizationLayer normalization,
    int classes,
    int image,
    int hidden,
    float dropout)
    implements Architecture {
  static final String USAGE =
      "vgg11|13|16|19[:width=64][,norm=layer|batch|none][,classes=10][,image=32][,hidden=512]"
          + "[,dropout=0]";
  static final List<NormalizationLayer> NORMALIZATIONS =
      List.of(NormalizationLayer.LAYER, NormalizationLayer.BATCH, NormalizationLayer.NONE);

  private static final String NAME = "vgg";
  private static final int WIDTH = 64;
  private static final int IMAGENET = 224;

  /** Pixels that become one by the five poolings. */
  static final int SHRINKAGE = 32;

  /** Convolutions of each stage, by depth. */
  static final Map<Integer, List<Integer>> STAGES =
      Map.of(
          11, List.of(1, 1, 2, 2, 2),
          13, List.of(2, 2, 2, 2, 2),
          16, List.of(2, 2, 3, 3, 3),
          19, List.of(2, 2, 4, 4, 4));

  /** Channels of each stage, in widths. */
  static final List<Integer> MULTIPLES = List.of(1, 2, 4, 8, 8);

  /** Checks the sizes. */
  public Vgg {
    if (!STAGES.containsKey(depth)) {
      throw new IllegalArgumentException("expected vgg11, 13, 16 or 19, found depth " + depth);
    }
    if (!NORMALIZATIONS.contains(normalization)) {
      throw new IllegalArgumentException(
          "expected a normalisation of " + NORMALIZATIONS + ", found " + normalization);
    }
    if (width < 1 || classes < 1 || image < SHRINKAGE || hidden < 1) {
      throw new IllegalArgumentException(
          "expected positive sizes and an image of at least %d pixels, found width %d, %d classes,"
                  .formatted(SHRINKAGE, width, classes)
              + " image %d, hidden %d".formatted(image, hidden));
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException("expected dropout in [0, 1), found " + dropout);
    }
  }

  /** One with all that its text may leave out. */
  static Vgg of(int depth, int width, NormalizationLayer normalization, int image) {
    return new Vgg(
        depth,
        width,
        normalization,
        defaultClasses(image),
        image,
        defaultHidden(width, image),
        defaultDropout(image));
  }

  private static NormalizationLayer defaultNormalization(int image) {
    return image == IMAGENET ? NormalizationLayer.NONE : NormalizationLayer.LAYER;
  }

  private static int defaultClasses(int image) {
    return image == IMAGENET ? 1000 : 10;
  }

  private static int defaultHidden(int width, int image) {
    return (image == IMAGENET ? 64 : 8) * width;
  }

  static float defaultDropout(int image) {
    return image == IMAGENET ? 0.5f : 0;
  }

  static boolean isName(String name) {
    return STAGES.keySet().stream().anyMatch(depth -> name.equals(NAME + depth));
  }

  static Vgg of(ArchitectureOptions options) {
    int width = options.integer("width", WIDTH, 1);
    int image = options.integer("image", SHRINKAGE, SHRINKAGE);
    return new Vgg(
        Integer.parseInt(options.name().substring(NAME.length())),
        width,
        options.choice("norm", defaultNormalization(image), NORMALIZATIONS),
        options.integer("classes", defaultClasses(image), 1),
        image,
        options.integer("hidden", defaultHidden(width, image), 1),
        options.fraction("dropout", defaultDropout(image)));
  }

  @Override
  public String text() {
    return new ArchitectureOptions.Text(NAME + depth)
        .option("width", width, WIDTH)
        .option("norm", normalization, defaultNormalization(image))
        .option("classes", classes, defaultClasses(image))
        .option("image", image, SHRINKAGE)
        .option("hidden", hidden, defaultHidden(width, image))
        .option("dropout", dropout, defaultDropout(image))
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
    Network.Builder builder = Network.builder(text(), List.of(3, image, image));
    int index = 0;
    int channels = 3;
    for (int stage = 0; stage < MULTIPLES.size(); stage++) {
      int outputs = Math.multiplyExact(MULTIPLES.get(stage), width);
      for (int i = 0; i < STAGES.get(depth).get(stage); i++) {
        String name = prefix + "features." + index++;
        builder.then(
            name,
            new Convolution(
                name + ".weight",
                Optional.of(name + ".bias"),
                channels,
                outputs,
                Window.square(3, 1, 1),
                1));
        channels = outputs;
        Optional<Operator> norm = normalization.operator(prefix + "features." + index, channels);
        if (norm.isPresent()) {
          builder.then(prefix + "features." + index++, norm.get());
        }
        builder.then(prefix + "features." + index++, new LeakyRelu(0));
      }
      builder.then(prefix + "features." + index++, new MaxPool(Window.square(2, 2, 0)));
    }
    return classifier(builder, prefix, channels);
  }

  private Network classifier(Network.Builder builder, String prefix, int channels) {
    int pixels = image / SHRINKAGE;
    int units = channels * pixels * pixels;
    builder.then(prefix + "flatten", new Flatten(List.of(channels, pixels, pixels)));
    for (int layer = 0; layer < 2; layer++) {
      int index = 3 * layer;
      builder.then(prefix + "classifier." + index, dense(prefix, index, units, hidden));
      builder.then(prefix + "classifier." + (index + 1), new LeakyRelu(0));
      if (dropout > 0) {
        builder.then(prefix + "classifier." + (index + 2), new Dropout(dropout, layer));
      }
      units = hidden;
    }
    return builder.then(prefix + "classifier.6", dense(prefix, 6, units, classes)).build();
  }

  private static Dense dense(String prefix, int index, int inputs, int outputs) {
    String name = prefix + "classifier." + index;
    return new Dense(name + ".weight", Optional.of(name + ".bias"), inputs, outputs);
  }
}
