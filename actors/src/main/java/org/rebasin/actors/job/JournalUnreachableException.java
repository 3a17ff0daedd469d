package org.rebasin.actors.job;

/** The database of the journal does not answer, or refuses. */
public final class JournalUnreachableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  JournalUnreachableException(String url, Throwable cause) {
    super("journal %s: %s".formatted(withoutParameters(url), cause.getMessage()), cause);
  }

  /** Parameters may hold a password. */
  private static String withoutParameters(String url) {
    return url.replaceAll("[?;].*", "");
  }
}
