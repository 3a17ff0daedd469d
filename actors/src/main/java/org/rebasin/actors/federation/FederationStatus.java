package org.rebasin.actors.federation;

/** Whether a federation takes contributions. */
public enum FederationStatus {
  /** It does. */
  OPEN,
  /** Not now; what was accepted waits. */
  PAUSED,
  /** Never again; its versions stay. */
  CLOSED;

  /** The name in documents. */
  public String text() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
