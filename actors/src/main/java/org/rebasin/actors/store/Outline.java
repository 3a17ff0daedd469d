package org.rebasin.actors.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.rebasin.model.architecture.CheckpointArchitecture;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.TensorDeclaration;
import org.rebasin.model.data.Normalization;
import org.rebasin.model.network.Network;

/**
 * What a model is without its numbers: enough to compare it with others, and to build its network
 * where its file may not go.
 *
 * @param bytes of its file
 * @param architecture its text
 * @param metadata the file's own strings, and what was told beside it
 * @param tensors all tensors of the file, in its order
 */
public record Outline(
    long bytes, String architecture, Map<String, String> metadata, List<Part> tensors) {
  /** Copies both; sorts the map, so that equal outlines are equal text. */
  public Outline {
    metadata = Collections.unmodifiableMap(new TreeMap<>(metadata));
    tensors = List.copyOf(tensors);
  }

  /**
   * A tensor.
   *
   * @param parameter whether it is one of the network's; the others are carried along
   */
  public record Part(String name, String dtype, List<Long> shape, boolean parameter) {
    /** Copies the list. */
    public Part {
      shape = List.copyOf(shape);
    }

    private static Part of(TensorDeclaration tensor, boolean parameter) {
      return new Part(
          tensor.name(),
          tensor.dataType().name(),
          Arrays.stream(tensor.shape()).boxed().toList(),
          parameter);
    }
  }

  /** Reads a model's header. */
  public static Outline of(ModelFile file) {
    try {
      return new Outline(
          Files.size(file.path()),
          file.network().architecture(),
          file.metadata(),
          Stream.concat(
                  file.state().stream().map(tensor -> Part.of(tensor, false)),
                  file.declarations().stream().map(tensor -> Part.of(tensor, true)))
              .toList());
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot read " + file.path(), problem);
    }
  }

  /** Whether the model must not leave its node. */
  public boolean isPrivate() {
    return Labels.PRIVATE.equals(metadata.get(Labels.VISIBILITY));
  }

  /** What the model's images are normalised by. */
  public Normalization normalization() {
    return Normalization.parse(metadata.getOrDefault(Normalization.KEY, Normalization.NONE.text()));
  }

  /** The same network and images, and nothing of where the model comes from. */
  public Outline essentials() {
    return new Outline(
        bytes,
        architecture,
        Map.of(Normalization.KEY, normalization().text()),
        tensors.stream().filter(Part::parameter).toList());
  }

  /** The network, its parameters named as in the model's file. */
  public Network network() {
    Map<String, int[]> shapes = new LinkedHashMap<>();
    for (Part tensor : tensors) {
      if (tensor.parameter()) {
        shapes.put(tensor.name(), tensor.shape().stream().mapToInt(Math::toIntExact).toArray());
      }
    }
    return CheckpointArchitecture.networkOf(shapes, Optional.of(architecture), "the outline");
  }
}
