package org.rebasin.model.checkpoint;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/** The element types of NumPy that are read, named as in a file's header without the byte order. */
enum NpyType {
  F2("f2", DataType.F16) {
    @Override
    double read(ByteBuffer bytes) {
      return SixteenBitFloats.halfToFloat(bytes.getShort());
    }
  },
  F4("f4", DataType.F32) {
    @Override
    double read(ByteBuffer bytes) {
      return bytes.getFloat();
    }
  },
  F8("f8", DataType.F64) {
    @Override
    double read(ByteBuffer bytes) {
      return bytes.getDouble();
    }
  },
  I1("i1", DataType.I8) {
    @Override
    double read(ByteBuffer bytes) {
      return bytes.get();
    }
  },
  I2("i2", DataType.I16) {
    @Override
    double read(ByteBuffer bytes) {
      return bytes.getShort();
    }
  },
  I4("i4", DataType.I32) {
    @Override
    double read(ByteBuffer bytes) {
      return bytes.getInt();
    }
  },
  I8("i8", DataType.I64) {
    @Override
    double read(ByteBuffer bytes) {
      long value = bytes.getLong();
      if (value > LARGEST_EXACT || value < -LARGEST_EXACT) {
        throw new ArithmeticException(
            "expected integers within 2^53, which a double holds exactly, found " + value);
      }
      return value;
    }
  },
  U1("u1", DataType.U8) {
    @Override
    double read(ByteBuffer bytes) {
      return Byte.toUnsignedInt(bytes.get());
    }
  },
  U2("u2", DataType.U16) {
    @Override
    double read(ByteBuffer bytes) {
      return Short.toUnsignedInt(bytes.getShort());
    }
  },
  U4("u4", DataType.U32) {
    @Override
    double read(ByteBuffer bytes) {
      return Integer.toUnsignedLong(bytes.getInt());
    }
  };

  private static final long LARGEST_EXACT = 1L << 53;

  private final String code;
  private final DataType dataType;

  NpyType(String code, DataType dataType) {
    this.code = code;
    this.dataType = dataType;
  }

  String code() {
    return code;
  }

  /** The same type as safetensors name it. */
  DataType dataType() {
    return dataType;
  }

  /** Bytes of one element. */
  int bytes() {
    return dataType.bytes();
  }

  /**
   * Takes one element from {@code bytes}, in the order of that buffer.
   *
   * @throws ArithmeticException if a double does not hold it exactly
   */
  abstract double read(ByteBuffer bytes);

  static Optional<NpyType> of(DataType dataType) {
    return Arrays.stream(values()).filter(type -> type.dataType == dataType).findFirst();
  }

  static Optional<NpyType> coded(String code) {
    return Arrays.stream(values()).filter(type -> type.code.equals(code)).findFirst();
  }
}
