package org.rebasin.actors.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceUnitTest {
  private static final Path UNIT = Deployed.DEPLOY.resolve("systemd/rebasin.service");

  @Test
  void systemdTakesTheUnit(@TempDir Path directory) throws Exception {
    Path analyze = Path.of("/usr/bin/systemd-analyze");
    Assumptions.assumeTrue(
        Files.isExecutable(analyze), "no systemd-analyze here: the unit is not verified");
    // The distribution is not where the unit has it, so the launcher of this repository stands in.
    Path unit = directory.resolve("rebasin.service");
    Files.writeString(
        unit,
        Deployed.read(UNIT)
            .replace(
                Deployed.HOME + "/bin/rebasin", Deployed.REPOSITORY.resolve("rebasin").toString()));
    ProcessBuilder verify = new ProcessBuilder(analyze.toString(), "verify", unit.toString());
    verify.environment().put("SYSTEMD_LOG_LEVEL", "warning");
    Process process = verify.redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes());
    assertTrue(process.waitFor(20, TimeUnit.SECONDS));
    assertEquals("", printed);
    assertEquals(0, process.exitValue());
  }

  @Test
  void whatTheUnitNamesIsThere() {
    String unit = Deployed.read(UNIT);
    Matcher files = Pattern.compile(Deployed.HOME + "/[A-Za-z/.]+").matcher(unit);
    int found = 0;
    while (files.find()) {
      assertTrue(Files.exists(Deployed.inImage(files.group())), files.group());
      found++;
    }
    assertTrue(found >= 2, "the unit names no file of the distribution");
    Matcher variables = Pattern.compile("REBASIN_[A-Z_]*[A-Z]").matcher(unit);
    while (variables.find()) {
      assertTrue(
          Deployed.variablesRead().contains(variables.group()),
          "nothing reads " + variables.group());
    }
  }

  /** Bad settings exit with 2, which must not start the node over and over. */
  @Test
  void badSettingsAreNotTriedAgain() {
    String unit = Deployed.read(UNIT);
    assertTrue(unit.contains("\nRestart=on-failure\n"));
    assertTrue(unit.contains("\nRestartPreventExitStatus=2\n"));
    assertTrue(unit.contains("\nSuccessExitStatus=143\n"));
  }
}
