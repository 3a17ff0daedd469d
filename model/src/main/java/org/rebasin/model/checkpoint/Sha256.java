package org.rebasin.model.checkpoint;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A SHA-256 (FIPS 180-4) in the making. */
final class Sha256 {
  private final MessageDigest digest;

  Sha256() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform must offer SHA-256", e);
    }
  }

  /** The SHA-256 of a whole file, in lower-case hexadecimal; streams it, O(size). */
  static String of(FileInput input) {
    Sha256 digest = new Sha256();
    ByteBuffer chunk = ByteBuffer.allocate(FloatCodec.CHUNK_BYTES);
    for (long at = 0; at < input.size(); at += chunk.limit()) {
      chunk.clear().limit((int) Math.min(chunk.capacity(), input.size() - at));
      input.read(at, chunk);
      digest.update(chunk.flip());
    }
    return digest.hexadecimal();
  }

  /** Takes in what remains of {@code bytes}. */
  void update(ByteBuffer bytes) {
    digest.update(bytes);
  }

  /** The digest in lower-case hexadecimal; ends its making. */
  String hexadecimal() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
