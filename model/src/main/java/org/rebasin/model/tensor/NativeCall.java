package org.rebasin.model.tensor;

import java.util.List;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.CustomOp;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * One of ND4J's operations with its arguments, prepared once and run many times: preparing costs
 * more than a small run. Owns the arrays. For one thread at a time.
 */
final class NativeCall implements AutoCloseable {
  /** The threads that run such calls; each asks OpenMP once to use no further threads. */
  private static final ThreadLocal<Boolean> ALONE =
      ThreadLocal.withInitial(
          () -> {
            NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(1);
            return true;
          });

  private final CustomOp operation;
  private final OpContext context;
  private final List<INDArray> arrays;

  NativeCall(String name, List<INDArray> inputs, List<INDArray> outputs, long... arguments) {
    operation = DynamicCustomOp.builder(name).build();
    context = Nd4j.getExecutioner().buildContext();
    context.setInputArrays(inputs);
    context.setOutputArrays(outputs);
    context.setIArguments(arguments);
    arrays = Stream.concat(inputs.stream(), outputs.stream()).toList();
  }

  void run() {
    ALONE.get();
    Nd4j.getExecutioner().exec(operation, context);
  }

  @Override
  public void close() {
    try {
      context.close();
    } catch (Exception failure) {
      throw new IllegalStateException("cannot free the native operation", failure);
    }
    arrays.forEach(INDArray::close);
  }
}
