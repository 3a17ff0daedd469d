package org.rebasin.actors.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ConfigurationReferenceTest {
  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
  private static final Path DOCUMENT = REPOSITORY.resolve("actors/CONFIGURATION.md");

  @Test
  void theReferenceSaysWhatTheFilesSay() throws IOException {
    String made = ConfigurationReference.of(REPOSITORY);
    if (Boolean.getBoolean("rebasin.write-reference")) {
      Files.writeString(DOCUMENT, made);
    }
    assertEquals(
        made,
        Files.exists(DOCUMENT) ? Files.readString(DOCUMENT) : "",
        "actors/CONFIGURATION.md differs from the files that it is made from. Make it anew: mvn"
            + " -pl model,actors -am -Dtest=ConfigurationReferenceTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -DfailIfNoTests=false"
            + " -Drebasin.write-reference=true test");
  }
}
