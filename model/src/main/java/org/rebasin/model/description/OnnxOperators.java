package org.rebasin.model.description;

import java.util.Optional;

/** What a family of ONNX operators means. */
interface OnnxOperators {
  /**
   * Reads one node.
   *
   * @return what its first output stands for, or nothing if the operator is of another family
   * @throws IllegalArgumentException if the node asks for what no operator here does
   */
  Optional<OnnxValue> read(OnnxNode node);
}
