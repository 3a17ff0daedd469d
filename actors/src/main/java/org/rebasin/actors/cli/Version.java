package org.rebasin.actors.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** Which Rebasin this is, from what its build wrote down. */
final class Version implements IVersionProvider {
  private static final String RESOURCE = "version.properties";

  /** One line: {@code rebasin VERSION (commit COMMIT)}, without a repository {@code unknown}. */
  @Override
  public String[] getVersion() {
    Properties built = new Properties();
    try (InputStream stream = Version.class.getResourceAsStream(RESOURCE)) {
      if (stream == null) {
        throw new IllegalStateException(
            "expected %s beside %s, found none".formatted(RESOURCE, Version.class.getName()));
      }
      built.load(stream);
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
    return new String[] {
      "rebasin %s (commit %s)".formatted(built.getProperty("version"), built.getProperty("commit"))
    };
  }
}
