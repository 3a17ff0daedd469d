package org.rebasin.model.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * Moves values between the little-endian bytes of a float type and {@code float}s, one chunk after
 * another. Works in small arrays that stay in the cache, because loops over direct buffers are
 * several times slower. Serves one thread.
 */
final class FloatCodec {
  /** The bytes of one chunk: small enough for the cache, large enough for the disk. */
  static final int CHUNK_BYTES = 1 << 17;

  private final DataType type;
  private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final short[] encoded;
  private final float[] decoded;

  /**
   * @param type one for which {@link DataType#convertsToFloat()} holds
   */
  FloatCodec(DataType type) {
    if (!type.convertsToFloat()) {
      throw new IllegalArgumentException("expected F32, F16 or BF16, found " + type);
    }
    this.type = type;
    int scratch = type == DataType.F32 ? 0 : CHUNK_BYTES / type.bytes();
    this.encoded = new short[scratch];
    this.decoded = new float[scratch];
  }

  /**
   * Fills what remains of {@code target} with the values that {@code input} holds at {@code
   * position}.
   */
  void read(FileInput input, long position, FloatBuffer target) {
    long at = position;
    while (target.hasRemaining()) {
      int count = Math.min(target.remaining(), CHUNK_BYTES / type.bytes());
      chunk.clear().limit(count * type.bytes());
      input.read(at, chunk);
      at += chunk.flip().remaining();
      decode(count, target);
    }
  }

  private void decode(int count, FloatBuffer target) {
    switch (type) {
      case F16 -> {
        chunk.asShortBuffer().get(encoded, 0, count);
        for (int i = 0; i < count; i++) {
          decoded[i] = SixteenBitFloats.halfToFloat(encoded[i]);
        }
        target.put(decoded, 0, count);
      }
      case BF16 -> {
        chunk.asShortBuffer().get(encoded, 0, count);
        for (int i = 0; i < count; i++) {
          decoded[i] = SixteenBitFloats.bfloat16ToFloat(encoded[i]);
        }
        target.put(decoded, 0, count);
      }
      default -> target.put(chunk.asFloatBuffer());
    }
  }

  /**
   * Takes as many values from {@code source} as fill one chunk, and encodes them. The answer is
   * valid until the next call.
   */
  ByteBuffer encode(FloatBuffer source) {
    int count = Math.min(source.remaining(), CHUNK_BYTES / type.bytes());
    chunk.clear().limit(count * type.bytes());
    switch (type) {
      case F16 -> {
        source.get(decoded, 0, count);
        for (int i = 0; i < count; i++) {
          encoded[i] = SixteenBitFloats.floatToHalf(decoded[i]);
        }
        chunk.asShortBuffer().put(encoded, 0, count);
      }
      case BF16 -> {
        source.get(decoded, 0, count);
        for (int i = 0; i < count; i++) {
          encoded[i] = SixteenBitFloats.floatToBfloat16(decoded[i]);
        }
        chunk.asShortBuffer().put(encoded, 0, count);
      }
      default -> {
        chunk.asFloatBuffer().put(source.slice(source.position(), count));
        source.position(source.position() + count);
      }
    }
    return chunk;
  }
}
