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

  /** Takes in what remains of {@code bytes}. */
  void update(ByteBuffer bytes) {
    digest.update(bytes);
  }

  /** The digest in lower-case hexadecimal; ends its making. */
  String hexadecimal() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
