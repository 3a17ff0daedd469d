package org.rebasin.model.description;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Parameter;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** Which constant of an ONNX graph, or which number, fills each parameter of the network. */
final class OnnxParameters {
  /** Where a parameter's values are from: a constant, or else one number everywhere. */
  private record Source(Optional<OnnxTensor> tensor, float value) {}

  private final Map<String, Source> sources = new LinkedHashMap<>();

  /**
   * Makes a constant a parameter. It keeps its name; if another parameter is filled from the same
   * constant, which exporters share where values are equal, it is named after its layer.
   */
  String stored(OnnxTensor tensor, String layer, String suffix) {
    boolean own = tensor.initializer() && !sources.containsKey(tensor.name());
    String name = own ? tensor.name() : unused(layer, suffix);
    sources.put(name, new Source(Optional.of(tensor), 0));
    return name;
  }

  /** A parameter that the ONNX operator does without: ones or zeros. */
  String filled(float value, String layer, String suffix) {
    String name = unused(layer, suffix);
    sources.put(name, new Source(Optional.empty(), value));
    return name;
  }

  private String unused(String layer, String suffix) {
    String name = layer + "." + suffix;
    while (sources.containsKey(name)) {
      name += "'";
    }
    return name;
  }

  /** The network's parameters; the caller closes them. */
  Weights weights(Network network) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try {
      for (Parameter parameter : network.parameters()) {
        Tensor tensor = Tensor.allocate(parameter.dimensions());
        tensors.put(parameter.name(), tensor);
        Source source = sources.get(parameter.name());
        if (source.tensor().isPresent()) {
          source.tensor().get().read(tensor.values().duplicate());
        } else {
          for (int i = 0; i < tensor.size(); i++) {
            tensor.values().put(i, source.value());
          }
        }
      }
      return new Weights(tensors);
    } catch (RuntimeException problem) {
      tensors.values().forEach(Tensor::close);
      throw problem;
    }
  }
}
