package org.rebasin.actors.federation;

/**
 * Names a federation, as its users chose.
 *
 * @param value 1 to 64 small letters, digits and hyphens, beginning with a letter or digit
 */
public record FederationName(String value) implements Comparable<FederationName> {
  /** Checks the form. */
  public FederationName {
    if (!value.matches("[a-z0-9][a-z0-9-]{0,63}")) {
      throw new IllegalArgumentException(
          "expected a federation's name of 1 to 64 small letters, digits and hyphens, found '"
              + value
              + "'");
    }
  }

  @Override
  public int compareTo(FederationName other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
