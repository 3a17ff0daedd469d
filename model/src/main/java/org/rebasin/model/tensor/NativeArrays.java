package org.rebasin.model.tensor;

import java.nio.FloatBuffer;
import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.indexer.FloatIndexer;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** ND4J's view of memory that a buffer holds, for handing it to ND4J's operations. */
final class NativeArrays {
  private NativeArrays() {}

  /**
   * An array over the elements of a direct buffer from an index on; copies nothing. The buffer must
   * outlive it. Closing the array frees what describes it, not the elements.
   */
  static INDArray over(FloatBuffer buffer, int from, int... shape) {
    int size = Tensor.sizeOf(shape);
    if (!buffer.isDirect() || from < 0 || size > buffer.limit() - from) {
      throw new IllegalArgumentException(
          "an array %s at %d needs a direct buffer that holds it, found %s"
              .formatted(Arrays.toString(shape), from, buffer));
    }
    FloatPointer pointer = new FloatPointer(buffer.slice(from, size));
    DataBuffer data =
        Nd4j.getDataBufferFactory()
            .create(pointer, DataType.FLOAT, size, FloatIndexer.create(pointer));
    return Nd4j.create(data, Arrays.stream(shape).asLongStream().toArray());
  }
}
