package org.rebasin.actors.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.rebasin.model.checkpoint.NpyArray;
import org.rebasin.model.checkpoint.NpyFile;
import org.rebasin.model.permutation.Assignment;
import org.rebasin.model.permutation.LinearAssignment;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rebasin assign}. */
@Command(name = "assign", description = "Solves one linear assignment exactly.")
final class AssignCommand extends RebasinCommand {
  @Parameters(
      paramLabel = "SCORES.npy",
      description = "A NumPy file of a matrix: one row for each thing to assign.")
  private Path scores;

  @Option(names = "--minimize", description = "Minimise the sum instead of maximising it.")
  private boolean minimize;

  @Override
  Output execute() {
    NpyArray array = NpyFile.read(scores);
    int[] shape = array.shape();
    if (shape.length != 2) {
      throw new IllegalArgumentException(
          "%s: expected a matrix, found shape %s".formatted(scores, Arrays.toString(shape)));
    }
    long started = System.nanoTime();
    Assignment assignment = solve(array, shape[0], shape[1]);
    double seconds = (System.nanoTime() - started) / 1e9;
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("objective", assignment.objective());
    document.put("assignment", assignment.columnOfRow());
    document.put("seconds", seconds);
    return new Output(
        document,
        "objective %s%nassignment %s"
            .formatted(assignment.objective(), Arrays.toString(assignment.columnOfRow())));
  }

  private Assignment solve(NpyArray array, int rows, int columns) {
    if (array instanceof NpyArray.Singles singles) {
      return minimize
          ? LinearAssignment.minimize(singles.values(), rows, columns)
          : LinearAssignment.maximize(singles.values(), rows, columns);
    }
    double[] values = ((NpyArray.Doubles) array).values();
    return minimize
        ? LinearAssignment.minimize(values, rows, columns)
        : LinearAssignment.maximize(values, rows, columns);
  }
}
