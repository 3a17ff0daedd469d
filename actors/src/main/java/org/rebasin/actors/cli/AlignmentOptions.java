package org.rebasin.actors.cli;

import org.rebasin.actors.job.MergeRequest.AlignmentPlan;
import org.rebasin.actors.work.Task;
import picocli.CommandLine.Option;

/** How models are aligned. */
final class AlignmentOptions {
  @Option(
      names = "--seed",
      defaultValue = "0",
      description = "Of all random choices (default: ${DEFAULT-VALUE}).")
  long seed;

  @Option(
      names = "--restarts",
      defaultValue = "0",
      description =
          "Descents in random order besides the two greedy ones (default: ${DEFAULT-VALUE}).")
  int restarts;

  AlignmentPlan plan(Task.Method method, boolean keepModels) {
    if (restarts < 0) {
      throw new IllegalArgumentException("--restarts: expected at least 0, found " + restarts);
    }
    return new AlignmentPlan(method, seed, restarts, keepModels);
  }
}
