package org.rebasin.model.description;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.List;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorProto.DataType;

/**
 * A constant of an ONNX graph, its values left where the file has them until they are read.
 *
 * @param source the file, for messages
 * @param name what the graph calls it
 * @param stored what the file has
 * @param shape its axes, perhaps others than those stored
 * @param transposed whether it is the stored matrix with rows and columns exchanged
 * @param initializer whether it is a stored parameter, not the value of a Constant operator
 */
record OnnxTensor(
    String source,
    String name,
    TensorProto stored,
    List<Integer> shape,
    boolean transposed,
    boolean initializer) {
  private static final int HALF_BYTES = 2;

  /** Checks that the values are there and as many as the shape asks for. */
  static OnnxTensor of(String source, String name, TensorProto stored, boolean initializer) {
    long elements = 1;
    for (long length : stored.getDimsList()) {
      if (length < 0 || length > Integer.MAX_VALUE) {
        throw problem(source, name, "expected axes of 0 to 2147483647, found " + length);
      }
      elements *= length;
      if (elements > Integer.MAX_VALUE) {
        throw problem(
            source, name, "expected at most 2147483647 elements, found " + stored.getDimsList());
      }
    }
    if (stored.getDataLocation() == TensorProto.DataLocation.EXTERNAL
        || stored.getExternalDataCount() > 0) {
      throw problem(
          source,
          name,
          "expected values within the file, found them in another (external data); save the model"
              + " as one file, with onnx.save(model, path, save_as_external_data=False)");
    }
    if (stored.hasSegment()) {
      throw problem(source, name, "expected a tensor in one piece, found a segment of one");
    }
    OnnxTensor tensor =
        new OnnxTensor(
            source,
            name,
            stored,
            stored.getDimsList().stream().map(Long::intValue).toList(),
            false,
            initializer);
    long found = tensor.storedElements();
    if (found != elements) {
      throw problem(
          source,
          name,
          "expected %d values for shape %s, found %d"
              .formatted(elements, stored.getDimsList(), found));
    }
    return tensor;
  }

  private static IllegalArgumentException problem(String source, String name, String problem) {
    return new IllegalArgumentException("%s: tensor '%s': %s".formatted(source, name, problem));
  }

  IllegalArgumentException problem(String problem) {
    return problem(source, name, problem);
  }

  OnnxTensor named(String other) {
    return new OnnxTensor(source, other, stored, shape, transposed, initializer);
  }

  /** The same values on other axes. */
  OnnxTensor withShape(List<Integer> other) {
    if (transposed) {
      throw problem("expected it as it is stored before its axes change, found it transposed");
    }
    if (elements(other) != elements()) {
      throw problem("expected as many elements as %s has, found %s".formatted(shape, other));
    }
    return new OnnxTensor(source, name, stored, List.copyOf(other), false, initializer);
  }

  /** A matrix with rows and columns exchanged. */
  OnnxTensor transpose() {
    return new OnnxTensor(
        source, name, stored, List.of(shape.get(1), shape.get(0)), !transposed, initializer);
  }

  int elements() {
    return elements(shape);
  }

  private static int elements(List<Integer> shape) {
    return shape.stream().reduce(1, Math::multiplyExact);
  }

  private DataType type() {
    return DataType.forNumber(stored.getDataType()) == null
        ? DataType.UNDEFINED
        : DataType.forNumber(stored.getDataType());
  }

  boolean isInteger() {
    return type() == DataType.INT64 || type() == DataType.INT32;
  }

  boolean isFloat() {
    return switch (type()) {
      case FLOAT, FLOAT16, BFLOAT16, DOUBLE -> true;
      default -> false;
    };
  }

  private long storedElements() {
    int bytes = stored.getRawData().size();
    boolean raw = isRaw();
    return switch (type()) {
      case FLOAT -> raw ? whole(bytes, Float.BYTES) : stored.getFloatDataCount();
      case DOUBLE -> raw ? whole(bytes, Double.BYTES) : stored.getDoubleDataCount();
      case FLOAT16, BFLOAT16 -> raw ? whole(bytes, HALF_BYTES) : stored.getInt32DataCount();
      case INT64 -> raw ? whole(bytes, Long.BYTES) : stored.getInt64DataCount();
      case INT32 -> raw ? whole(bytes, Integer.BYTES) : stored.getInt32DataCount();
      case BOOL -> raw ? bytes : stored.getInt32DataCount();
      default ->
          throw problem("expected a tensor of floats, integers or booleans, found " + type());
    };
  }

  private long whole(int bytes, int each) {
    if (bytes % each != 0) {
      throw problem("expected a multiple of %d bytes, found %d".formatted(each, bytes));
    }
    return bytes / each;
  }

  /** Whether the values are stored as bytes; else as numbers one by one. */
  private boolean isRaw() {
    return !stored.getRawData().isEmpty();
  }

  private ByteBuffer raw() {
    return stored.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The integers of a small constant, row by row. */
  long[] integers() {
    if (!isInteger()) {
      throw problem("expected integers, found " + type());
    }
    boolean wide = type() == DataType.INT64;
    if (!isRaw()) {
      return wide
          ? stored.getInt64DataList().stream().mapToLong(Long::longValue).toArray()
          : stored.getInt32DataList().stream().mapToLong(Integer::longValue).toArray();
    }
    long[] values = new long[elements()];
    if (wide) {
      raw().asLongBuffer().get(values);
    } else {
      IntBuffer ints = raw().asIntBuffer();
      Arrays.setAll(values, ints::get);
    }
    return values;
  }

  /** The only value of a constant. */
  double scalar() {
    if (elements() != 1) {
      throw problem("expected one number, found shape " + shape);
    }
    FloatBuffer value = FloatBuffer.allocate(1);
    if (isInteger()) {
      return integers()[0];
    }
    read(value);
    return value.get(0);
  }

  /** Whether all values are this one. */
  boolean isFilledWith(float value) {
    FloatBuffer values = FloatBuffer.allocate(elements());
    read(values);
    for (int i = 0; i < values.limit(); i++) {
      if (values.get(i) != value) {
        return false;
      }
    }
    return true;
  }

  /** Writes the values, as float32 and in the order of this tensor's axes. */
  void read(FloatBuffer target) {
    if (!transposed) {
      readStored(target);
      return;
    }
    FloatBuffer values = FloatBuffer.allocate(elements());
    readStored(values);
    int rows = shape.get(0);
    int columns = shape.get(1);
    float[] row = new float[columns];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        row[c] = values.get(c * rows + r);
      }
      target.put(r * columns, row);
    }
  }

  private void readStored(FloatBuffer target) {
    int count = elements();
    switch (type()) {
      case FLOAT -> {
        if (isRaw()) {
          target.put(0, raw().asFloatBuffer(), 0, count);
        } else {
          for (int i = 0; i < count; i++) {
            target.put(i, stored.getFloatData(i));
          }
        }
      }
      case DOUBLE -> {
        ByteBuffer raw = raw();
        for (int i = 0; i < count; i++) {
          double value = isRaw() ? raw.getDouble(Double.BYTES * i) : stored.getDoubleData(i);
          target.put(i, (float) value);
        }
      }
      case FLOAT16, BFLOAT16 -> {
        ByteBuffer raw = raw();
        boolean brain = type() == DataType.BFLOAT16;
        for (int i = 0; i < count; i++) {
          int bits = isRaw() ? raw.getShort(HALF_BYTES * i) : stored.getInt32Data(i);
          target.put(i, brain ? Float.intBitsToFloat(bits << Short.SIZE) : half(bits));
        }
      }
      default -> throw problem("expected floats, found " + type());
    }
  }

  /** IEEE 754 binary16: a sign, five bits of exponent, ten of fraction. */
  private static float half(int bits) {
    int exponent = bits >> 10 & 0x1F;
    int fraction = bits & 0x3FF;
    float magnitude =
        switch (exponent) {
          case 0 -> fraction * 0x1p-24f;
          case 0x1F -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
          default -> Math.scalb(1 + fraction * 0x1p-10f, exponent - 15);
        };
    return (bits & 0x8000) == 0 ? magnitude : -magnitude;
  }
}
