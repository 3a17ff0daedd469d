package org.rebasin.model.aggregation;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.TensorDeclaration;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Parameter;
import org.rebasin.model.tensor.ElementWise;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * What a contribution came to when it was looked at; data are not needed for it.
 *
 * @param objection why it may not take part, for people; empty if it may
 * @param norm Euclid's, of everything that has a gradient; NaN if that was not measured
 * @param referenceNorm the global model's; 0 without one
 */
public record Screening(Optional<String> objection, double norm, double referenceNorm) {
  /** The contribution is refused before it is measured. */
  public static Screening refused(String objection) {
    return new Screening(Optional.of(objection), Double.NaN, 0);
  }

  /**
   * Looks at a contribution: its tensors, then all its values, then its norm. Reads both models
   * once.
   *
   * @param reference the global model; empty where there is none yet
   * @param architecture the architecture's text
   * @param normBound how many times the reference's norm the contribution's may be at most
   */
  public static Screening of(
      ModelFile model, Optional<ModelFile> reference, String architecture, double normBound) {
    Optional<String> mismatch =
        reference
            .map(file -> mismatch(shapes(file), shapes(model)))
            .orElseGet(Optional::empty)
            .or(() -> otherArchitecture(model, architecture));
    if (mismatch.isPresent()) {
      return refused(mismatch.get());
    }
    Weights weights = model.weights();
    Optional<String> nonFinite = nonFinite(weights);
    if (nonFinite.isPresent()) {
      return refused(nonFinite.get());
    }
    double norm = norm(model.network(), weights);
    double referenceNorm = reference.map(file -> norm(file.network(), file.weights())).orElse(0.0);
    Optional<String> tooLarge =
        reference.isPresent() && norm > normBound * referenceNorm
            ? Optional.of(
                String.format(
                    Locale.ROOT,
                    "norm %.1f is more than %s times the global model's %.1f",
                    norm,
                    normBound == Math.rint(normBound)
                        ? String.valueOf((long) normBound)
                        : String.valueOf(normBound),
                    referenceNorm))
            : Optional.empty();
    return new Screening(tooLarge, norm, referenceNorm);
  }

  private static Map<String, long[]> shapes(ModelFile file) {
    Map<String, long[]> shapes = new java.util.LinkedHashMap<>();
    for (TensorDeclaration tensor : file.declarations()) {
      shapes.put(tensor.name(), tensor.shape());
    }
    return shapes;
  }

  private static Optional<String> mismatch(
      Map<String, long[]> expected, Map<String, long[]> found) {
    for (Map.Entry<String, long[]> tensor : expected.entrySet()) {
      long[] other = found.get(tensor.getKey());
      if (other == null) {
        return Optional.of(
            "expected a tensor %s of shape %s, found none"
                .formatted(tensor.getKey(), Arrays.toString(tensor.getValue())));
      }
      if (!Arrays.equals(tensor.getValue(), other)) {
        return Optional.of(
            "%s: expected shape %s, found %s"
                .formatted(
                    tensor.getKey(), Arrays.toString(tensor.getValue()), Arrays.toString(other)));
      }
    }
    return found.keySet().stream()
        .filter(name -> !expected.containsKey(name))
        .findFirst()
        .map("%s: the global model has no tensor of that name"::formatted);
  }

  /** The architecture may be another one though all tensors have the same shapes. */
  private static Optional<String> otherArchitecture(ModelFile model, String architecture) {
    Network expected = Architecture.parse(architecture).network();
    if (expected.architecture().equals(model.network().architecture())) {
      return Optional.empty();
    }
    Map<String, long[]> found = new TreeMap<>(shapes(model));
    for (Parameter parameter : expected.parameters()) {
      long[] shape = parameter.shape().stream().mapToLong(Integer::longValue).toArray();
      long[] other = found.getOrDefault(parameter.name(), shape);
      if (!Arrays.equals(shape, other)) {
        return Optional.of(
            "%s: expected shape %s, found %s"
                .formatted(parameter.name(), Arrays.toString(shape), Arrays.toString(other)));
      }
    }
    return Optional.of(
        "expected architecture %s, found %s".formatted(expected.label(), model.network().label()));
  }

  private static Optional<String> nonFinite(Weights weights) {
    for (Map.Entry<String, Tensor> entry : weights.tensors().entrySet()) {
      Tensor tensor = entry.getValue();
      int index = ElementWise.firstNonFinite(tensor.values(), 0, tensor.size());
      if (index >= 0) {
        return Optional.of(
            "%s holds %s at %s"
                .formatted(entry.getKey(), tensor.values().get(index), place(index, tensor)));
      }
    }
    return Optional.empty();
  }

  private static String place(int index, Tensor tensor) {
    int[] place = new int[tensor.rank()];
    int rest = index;
    for (int axis = place.length - 1; axis >= 0; axis--) {
      place[axis] = rest % tensor.dimension(axis);
      rest /= tensor.dimension(axis);
    }
    return place.length == 1 ? String.valueOf(place[0]) : Arrays.toString(place);
  }

  private static double norm(Network network, Weights weights) {
    double squares = 0;
    for (Parameter parameter : network.parameters()) {
      if (parameter.trainable()) {
        Tensor tensor = weights.get(parameter.name());
        squares += ElementWise.dot(tensor.values(), 0, tensor.values(), 0, tensor.size());
      }
    }
    return Math.sqrt(squares);
  }
}
