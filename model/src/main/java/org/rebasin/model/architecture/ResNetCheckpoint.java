package org.rebasin.model.architecture;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Parameter;

/**
 * Recognises {@link ResNet} and {@link CifarResNet} networks by the names and shapes of their
 * tensors, of any width and number of classes, under any prefix. The image's size cannot be seen,
 * and is taken to be the family's usual one; a normalisation without running statistics is taken to
 * be LayerNorm. Neither matters to the permutation spec.
 */
final class ResNetCheckpoint {
  private static final Pattern BLOCK =
      Pattern.compile("(?:.*\\.)?layer(\\d)\\.(\\d{1,3})\\.(?:conv|bn)\\d\\.weight");
  private static final Pattern SHORTCUT =
      Pattern.compile("(?:.*\\.)?layer\\d\\.0\\.(?:downsample|shortcut)\\.0\\.weight");

  private ResNetCheckpoint() {}

  /**
   * The network, if the tensors' names are those of a residual network.
   *
   * @throws IllegalArgumentException naming a tensor that does not fit
   */
  static Optional<Network> find(CheckpointTensors tensors) {
    int stages = 0;
    int blocks = 0;
    for (String name : tensors.shapes().keySet()) {
      Matcher block = BLOCK.matcher(name);
      if (block.matches()) {
        stages = Math.max(stages, Integer.parseInt(block.group(1)));
        blocks = Math.max(blocks, 1 + Integer.parseInt(block.group(2)));
      }
    }
    if (stages == 0) {
      return Optional.empty();
    }
    return Optional.of(stages < 4 ? cifar(tensors, blocks) : imageNet(tensors));
  }

  private static Network imageNet(CheckpointTensors tensors) {
    // Names do not depend on sizes, so small networks stand for all.
    ResNet likest =
        ResNet.STAGES.keySet().stream()
            .map(depth -> new ResNet(depth, 1, 1, ResNet.IMAGE))
            .max(
                Comparator.comparingLong(
                    resNet -> tensors.likeness(resNet.network(tensors.prefixOf(resNet.network())))))
            .orElseThrow();
    String prefix = tensors.prefixOf(likest.network());
    return tensors.recognized(
        ResNet.NAME + likest.depth(),
        () ->
            new ResNet(
                    likest.depth(),
                    tensors.shape(prefix + "conv1.weight", 4)[0],
                    tensors.shape(prefix + "fc.weight", 2)[0],
                    ResNet.IMAGE)
                .network(prefix));
  }

  private static Network cifar(CheckpointTensors tensors, int blocks) {
    int depth = 6 * blocks + 2;
    if (!CifarResNet.isDepth(depth)) {
      throw tensors.notInferable(
          "found residual blocks in three stages, %d in the longest, which no known network has"
              .formatted(blocks));
    }
    List<CifarResNet> candidates = new ArrayList<>();
    for (NormalizationLayer normalization :
        List.of(NormalizationLayer.LAYER, NormalizationLayer.BATCH)) {
      for (Shortcut shortcut : List.of(convolution(tensors), Shortcut.PAD)) {
        candidates.add(new CifarResNet(depth, 1, normalization, shortcut, 1, CifarResNet.IMAGE));
      }
    }
    CifarResNet likest =
        candidates.stream()
            .max(Comparator.comparingLong(resNet -> tensors.likeness(resNet.likest(tensors))))
            .orElseThrow();
    List<Parameter> parameters = likest.likest(tensors).parameters();
    return tensors.recognized(
        likest.text(),
        () -> {
          String first = parameters.get(0).name();
          int channels = tensors.shape(first, 4)[0];
          if (channels % CifarResNet.BASE_WIDTH != 0) {
            throw new IllegalArgumentException(
                "%s: expected a multiple of %d channels, found %d"
                    .formatted(first, CifarResNet.BASE_WIDTH, channels));
          }
          // The dense layer's weight and bias are the last.
          String head = parameters.get(parameters.size() - 2).name();
          return new CifarResNet(
                  depth,
                  channels / CifarResNet.BASE_WIDTH,
                  likest.normalization(),
                  likest.shortcut(),
                  tensors.shape(head, 2)[0],
                  CifarResNet.IMAGE)
              .likest(tensors);
        });
  }

  /** Which convolution a shortcut is, if it is one. */
  private static Shortcut convolution(CheckpointTensors tensors) {
    return tensors.shapes().entrySet().stream()
        .filter(tensor -> SHORTCUT.matcher(tensor.getKey()).matches())
        .filter(tensor -> tensor.getValue().length == 4)
        .findFirst()
        .map(tensor -> tensor.getValue()[3] == 1 ? Shortcut.CONV1 : Shortcut.CONV3)
        .orElse(Shortcut.CONV3);
  }
}
