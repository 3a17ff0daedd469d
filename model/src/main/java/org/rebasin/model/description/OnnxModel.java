package org.rebasin.model.description;

import java.nio.file.Path;
import onnx.Onnx.ModelProto;
import org.rebasin.model.architecture.GraphArchitecture;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Weights;

/**
 * A network and its weights, read from an ONNX file. Parameters have the names of the tensors that
 * the file stores, and PyTorch's layouts: a matrix that ONNX multiplies from the right, {@code [in,
 * out]}, becomes a dense layer's {@code [out, in]}. What the file writes in several operators, such
 * as GELU, SiLU, layer and group normalisation in older files, becomes one.
 *
 * <p>The weights stay in the file, which is mapped and must not change, until {@link #weights}
 * copies them.
 */
public final class OnnxModel {
  private final Path path;
  private final Network network;
  private final OnnxParameters parameters;

  private OnnxModel(Path path, Network network, OnnxParameters parameters) {
    this.path = path;
    this.network = network;
    this.parameters = parameters;
  }

  /**
   * Reads a model's graph.
   *
   * @throws IllegalArgumentException if the file is no ONNX model, keeps its weights elsewhere, or
   *     has an operator that is not understood, naming file, node and operator
   */
  public static OnnxModel read(Path path) {
    ModelProto model = OnnxFile.parse(path);
    OnnxParameters parameters = new OnnxParameters();
    Network network =
        new OnnxReader(OnnxGraph.of(path.toString(), model.getGraph()), parameters).network();
    return new OnnxModel(path, GraphArchitecture.of(network).network(), parameters);
  }

  /** Where the file is. */
  public Path path() {
    return path;
  }

  /** The network; its architecture is described operator by operator. */
  public Network network() {
    return network;
  }

  /** The network's weights as float32, copied; the caller closes them. */
  public Weights weights() {
    return parameters.weights(network);
  }
}
