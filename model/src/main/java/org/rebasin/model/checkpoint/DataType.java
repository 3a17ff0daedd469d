package org.rebasin.model.checkpoint;

import java.util.Arrays;
import java.util.Optional;

/**
 * The element types of a safetensors file whose elements fill whole bytes. The constants carry the
 * names that the format itself uses.
 */
public enum DataType {
  BOOL(1),
  U8(1),
  I8(1),
  F8_E5M2(1),
  F8_E4M3(1),
  F8_E8M0(1),
  I16(2),
  U16(2),
  F16(2),
  BF16(2),
  I32(4),
  U32(4),
  F32(4),
  C64(8),
  F64(8),
  I64(8),
  U64(8);

  private final int bytes;

  DataType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /**
   * Whether values of this type can be read and written as floats: {@code F32}, {@code F16} and
   * {@code BF16}.
   */
  public boolean convertsToFloat() {
    return this == F32 || this == F16 || this == BF16;
  }

  static Optional<DataType> named(String name) {
    return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
  }
}
