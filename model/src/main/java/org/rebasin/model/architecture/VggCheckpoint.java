package org.rebasin.model.architecture;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.rebasin.model.network.Network;

/**
 * Recognises {@link Vgg} networks by the names and shapes of their tensors, of any width, number of
 * classes and hidden units, under any prefix. The image's size follows from what the first dense
 * layer reads; whether there is a dropout cannot be seen and is taken to be as usual for that size.
 */
final class VggCheckpoint {
  private static final Pattern CONVOLUTION = Pattern.compile("(?:.*\\.)?features\\.\\d+\\.weight");

  private VggCheckpoint() {}

  /**
   * The network, if the tensors' names are those of a VGG network.
   *
   * @throws IllegalArgumentException naming a tensor that does not fit
   */
  static Optional<Network> find(CheckpointTensors tensors) {
    if (tensors.shapes().entrySet().stream()
        .noneMatch(t -> t.getValue().length == 4 && CONVOLUTION.matcher(t.getKey()).matches())) {
      return Optional.empty();
    }
    // Names do not depend on sizes, so small networks stand for all.
    Vgg likest =
        Vgg.STAGES.keySet().stream()
            .sorted()
            .flatMap(
                depth ->
                    Stream.of(
                            NormalizationLayer.NONE,
                            NormalizationLayer.LAYER,
                            NormalizationLayer.BATCH)
                        .map(normalization -> Vgg.of(depth, 1, normalization, Vgg.SHRINKAGE)))
            .max(
                Comparator.comparingLong(
                    vgg -> tensors.likeness(vgg.network(tensors.prefixOf(vgg.network())))))
            .orElseThrow();
    String prefix = tensors.prefixOf(likest.network());
    return Optional.of(
        tensors.recognized(
            likest.text(),
            () -> sized(tensors, prefix, likest.depth(), likest.normalization()).network(prefix)));
  }

  private static Vgg sized(
      CheckpointTensors tensors, String prefix, int depth, NormalizationLayer normalization) {
    int width = tensors.shape(prefix + "features.0.weight", 4)[0];
    String dense = prefix + "classifier.0.weight";
    int[] first = tensors.shape(dense, 2);
    List<Integer> multiples = Vgg.MULTIPLES;
    int channels = Math.multiplyExact(width, multiples.get(multiples.size() - 1));
    int pixels = (int) Math.round(Math.sqrt((double) first[1] / channels));
    if (pixels < 1 || (long) channels * pixels * pixels != first[1]) {
      throw new IllegalArgumentException(
          "%s: expected %d channels times a square number of pixels on axis 1, found shape [%d, %d]"
              .formatted(dense, channels, first[0], first[1]));
    }
    int image = Math.multiplyExact(pixels, Vgg.SHRINKAGE);
    return new Vgg(
        depth,
        width,
        normalization,
        tensors.shape(prefix + "classifier.6.weight", 2)[0],
        image,
        first[0],
        Vgg.defaultDropout(image));
  }
}
