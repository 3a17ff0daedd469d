package org.rebasin.model.checkpoint;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/** The element types of NumPy that are read, named as in a file's header without the byte order. */
enum NpyType {
  F2("f2", 2) {
    @Override
    double read(ByteBuffer bytes) {
      return SixteenBitFloats.halfToFloat(bytes.getShort());
    }
  },
  F4("f4", 4) {
    @Override
    double read(ByteBuffer bytes) {
      return bytes.getFloat();
    }
  },
  F8("f8", 8) {
    @Override
    double read(ByteBuffer bytes) {
      return bytes.getDouble();
    }
  },
  I1("i1", 1) {
    @Override
    double read(ByteBuffer bytes) {
      return bytes.get();
    }
  },
  I2("i2", 2) {
    @Override
    double read(ByteBuffer bytes) {
      return bytes.getShort();
    }
  },
  I4("i4", 4) {
    @Override
    double read(ByteBuffer bytes) {
      return bytes.getInt();
    }
  },
  I8("i8", 8) {
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
  U1("u1", 1) {
    @Override
    double read(ByteBuffer bytes) {
      return Byte.toUnsignedInt(bytes.get());
    }
  },
  U2("u2", 2) {
    @Override
    double read(ByteBuffer bytes) {
      return Short.toUnsignedInt(bytes.getShort());
    }
  },
  U4("u4", 4) {
    @Override
    double read(ByteBuffer bytes) {
      return Integer.toUnsignedLong(bytes.getInt());
    }
  };

  private static final long LARGEST_EXACT = 1L << 53;

  private final String code;
  private final int bytes;

  NpyType(String code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  String code() {
    return code;
  }

  /** Bytes of one element. */
  int bytes() {
    return bytes;
  }

  /**
   * Takes one element from {@code bytes}, in the order of that buffer.
   *
   * @throws ArithmeticException if a double does not hold it exactly
   */
  abstract double read(ByteBuffer bytes);

  static Optional<NpyType> coded(String code) {
    return Arrays.stream(values()).filter(type -> type.code.equals(code)).findFirst();
  }
}
