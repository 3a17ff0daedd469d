package org.rebasin.actors.store;

/**
 * Names a model by its content.
 *
 * @param sha256 of the whole safetensors file, lower-case hexadecimal
 */
public record ModelId(String sha256) {
  /** Checks the form. */
  public ModelId {
    if (!sha256.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException(
          "expected 64 lower-case hexadecimal digits, found '" + sha256 + "'");
    }
  }

  /** The first digits, enough for people to tell models apart. */
  public String abbreviated() {
    return sha256.substring(0, 12);
  }

  @Override
  public String toString() {
    return sha256;
  }
}
