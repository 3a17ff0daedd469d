package org.rebasin.actors.http;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.rebasin.actors.report.Json;
import org.rebasin.actors.store.Labels;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.Outline;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.Provenance;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Parameter;

/**
 * What a model is, without its numbers.
 *
 * @param bytes of its file
 * @param architecture its text
 * @param parameters trainable numbers
 * @param tensors all tensors of the file
 * @param parts names of the tensors that are the network's parameters
 * @param metadata the file's own strings, and what was told beside it
 */
public record ModelInfo(
    ModelId id,
    long bytes,
    String architecture,
    long parameters,
    List<TensorShape> tensors,
    List<String> parts,
    Map<String, String> metadata) {
  /** A tensor's name, type and shape. */
  public record TensorShape(String name, String dtype, List<Long> shape) {}

  /** Reads a model's header. */
  static ModelInfo of(ModelId id, ModelFile file) {
    return of(id, Outline.of(file), file.network());
  }

  /** What the node tells that has the model. */
  static ModelInfo of(ModelId id, Outline outline) {
    return of(id, outline, outline.network());
  }

  private static ModelInfo of(ModelId id, Outline outline, Network network) {
    return new ModelInfo(
        id,
        outline.bytes(),
        outline.architecture(),
        network.parameters().stream()
            .filter(Parameter::trainable)
            .mapToLong(Parameter::elements)
            .sum(),
        outline.tensors().stream()
            .map(tensor -> new TensorShape(tensor.name(), tensor.dtype(), tensor.shape()))
            .toList(),
        outline.tensors().stream().filter(Outline.Part::parameter).map(Outline.Part::name).toList(),
        outline.metadata());
  }

  /** Whether its numbers do not leave its node. */
  public boolean isPrivate() {
    return Labels.PRIVATE.equals(metadata.get(Labels.VISIBILITY));
  }

  /**
   * Refuses to merge this model with another that is not of the same network.
   *
   * @throws IllegalArgumentException naming both models and where they differ
   */
  void requireSame(ModelInfo other) {
    Map<String, TensorShape> mine = byName();
    Map<String, TensorShape> others = other.byName();
    mine.forEach(
        (name, tensor) -> {
          TensorShape found = others.get(name);
          if (found == null || !found.shape().equals(tensor.shape())) {
            throw new IllegalArgumentException(
                "%s: expected shape %s as in model %s, found %s in model %s"
                    .formatted(
                        name,
                        tensor.shape(),
                        id.abbreviated(),
                        found == null ? "no such tensor" : found.shape(),
                        other.id.abbreviated()));
          }
        });
    others
        .keySet()
        .forEach(
            name -> {
              if (!mine.containsKey(name)) {
                throw new IllegalArgumentException(
                    "%s: expected the tensors of model %s, which has none of that name, found it in"
                            .formatted(name, id.abbreviated())
                        + " model "
                        + other.id.abbreviated());
              }
            });
    if (!architecture.equals(other.architecture)) {
      throw new IllegalArgumentException(
          "expected architecture %s as of model %s, found %s of model %s"
              .formatted(
                  architecture, id.abbreviated(), other.architecture, other.id.abbreviated()));
    }
  }

  private Map<String, TensorShape> byName() {
    return tensors.stream()
        .filter(tensor -> parts.contains(tensor.name()))
        .collect(Collectors.toMap(TensorShape::name, Function.identity()));
  }

  /** The document. */
  Map<String, Object> document() {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("id", id.sha256());
    document.put("bytes", bytes);
    document.put("architecture", architecture);
    document.put("parameters", parameters);
    document.put("visibility", isPrivate() ? Labels.PRIVATE : "public");
    document.put("tensors", tensors);
    document.put("provenance", Json.parseOrText(metadata.getOrDefault(Provenance.KEY, "{}")));
    return document;
  }
}
