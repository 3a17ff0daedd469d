package org.rebasin.model.benchmark;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** NumPy, SciPy and PyTorch in a Python process beside this one, asked one thing at a time. */
final class Peers implements AutoCloseable {
  private final Process process;
  private final Writer requests;
  private final BufferedReader answers;

  /** Seconds of the work, a number to check it by, and how many sweeps it took, if any. */
  record Answer(double seconds, double check, int sweeps) {}

  private Peers(Process process) {
    this.process = process;
    this.requests = process.outputWriter(StandardCharsets.UTF_8);
    this.answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** The first Python that has the modules, if one does. */
  static Optional<Peers> start(Path script) throws IOException, InterruptedException {
    for (String python : List.of("python3", "/usr/bin/python3")) {
      if (hasModules(python)) {
        ProcessBuilder builder = new ProcessBuilder(python, script.toString());
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        // The peers take all cores for one product, as they do by default.
        builder.environment().remove("OMP_NUM_THREADS");
        builder.environment().put("OMP_WAIT_POLICY", "passive");
        // A kernel chosen for our BLAS may be a slow one in theirs.
        builder.environment().remove("OPENBLAS_CORETYPE");
        return Optional.of(new Peers(builder.start()));
      }
    }
    return Optional.empty();
  }

  private static boolean hasModules(String python) throws InterruptedException {
    try {
      return new ProcessBuilder(python, "-c", "import numpy, scipy, torch")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException notInstalled) {
      return false;
    }
  }

  Answer ask(Map<String, Object> request) {
    try {
      requests.write(new ObjectMapper().writeValueAsString(request) + "\n");
      requests.flush();
      String line = answers.readLine();
      if (line == null) {
        throw new IllegalStateException("the peers' process ended; see above");
      }
      String[] parts = line.split(" ");
      return new Answer(
          Double.parseDouble(parts[0]), Double.parseDouble(parts[1]), Integer.parseInt(parts[2]));
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  @Override
  public void close() {
    process.destroy();
  }
}
