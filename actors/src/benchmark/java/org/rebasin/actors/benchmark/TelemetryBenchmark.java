package org.rebasin.actors.benchmark;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.job.MergeRequest.AlignmentPlan;
import org.rebasin.actors.job.MergeRequest.EvaluationPlan;
import org.rebasin.actors.node.RebasinNode;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.telemetry.Telemetry;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Task;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingSettings;

/**
 * The demo's job and the queue, without telemetry and with it. What telemetry rewrites stays
 * rewritten, so each is a process of its own; they take turns, as others may load the machine.
 */
final class TelemetryBenchmark {
  private static final String DATA = "digits:train=4000,test=1000";
  private static final int PROCESSES = 8;
  private static final int JOBS = 5;

  private TelemetryBenchmark() {}

  /** Whether telemetry is on. */
  private enum Telemetered {
    OFF,
    ON
  }

  /** What one process measured: seconds of the fastest job, and tasks a second. */
  private record Figures(double jobSeconds, double tasksPerSecond) {}

  static void run() throws IOException, InterruptedException {
    Map<Telemetered, List<Figures>> figures = new EnumMap<>(Telemetered.class);
    for (int process = 0; process < PROCESSES; process++) {
      // Who goes first changes, too.
      Telemetered first = Telemetered.values()[process % 2];
      for (Telemetered each :
          List.of(first, first == Telemetered.OFF ? Telemetered.ON : Telemetered.OFF)) {
        figures.computeIfAbsent(each, key -> new ArrayList<>()).add(measure(each));
      }
    }
    double off = best(figures.get(Telemetered.OFF));
    double on = best(figures.get(Telemetered.ON));
    List<Double> ratios =
        IntStream.range(0, PROCESSES)
            .mapToObj(
                i ->
                    figures.get(Telemetered.ON).get(i).jobSeconds()
                        / figures.get(Telemetered.OFF).get(i).jobSeconds())
            .sorted()
            .toList();
    System.out.printf(
        Locale.ROOT,
        "| telemetry's share of the demo's job, %.2f s: fastest with over fastest without; median of"
            + " %d pairs (all: %s) | %+.1f %%; %+.1f %% |%n",
        off,
        PROCESSES,
        String.join(", ", ratios.stream().map(r -> percent(r)).toList()),
        100 * (on / off - 1),
        100 * ((ratios.get((PROCESSES - 1) / 2) + ratios.get(PROCESSES / 2)) / 2 - 1));
    System.out.printf(
        Locale.ROOT,
        "| telemetry's share of an empty task's way through the queue | %.1f µs of %.1f µs |%n",
        1e6 / fastest(figures.get(Telemetered.ON)) - 1e6 / fastest(figures.get(Telemetered.OFF)),
        1e6 / fastest(figures.get(Telemetered.ON)));
  }

  private static String percent(double ratio) {
    return String.format(Locale.ROOT, "%+.1f %%", 100 * (ratio - 1));
  }

  private static double best(List<Figures> figures) {
    return figures.stream().mapToDouble(Figures::jobSeconds).min().orElseThrow();
  }

  private static double fastest(List<Figures> figures) {
    return figures.stream().mapToDouble(Figures::tasksPerSecond).max().orElseThrow();
  }

  private static Figures measure(Telemetered telemetered) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Dorg.bytedeco.javacpp.platform.extension="
                + System.getProperty("org.bytedeco.javacpp.platform.extension", ""),
            "-Dorg.bytedeco.javacpp.maxbytes=0",
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
            "-Drebasin.telemetry.enabled=" + telemetered.name().toLowerCase(Locale.ROOT),
            "-cp",
            System.getProperty("java.class.path"),
            Measured.class.getName()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String printed = new String(process.getInputStream().readAllBytes()).strip();
    if (process.waitFor() != 0) {
      throw new IllegalStateException("the measured process failed: " + printed);
    }
    String[] figures = printed.substring(printed.lastIndexOf('\n') + 1).split(" ");
    return new Figures(Double.parseDouble(figures[0]), Double.parseDouble(figures[1]));
  }

  /** The process that is measured. */
  static final class Measured {
    private Measured() {}

    /** Prints the fastest job's seconds and the queue's tasks a second. */
    public static void main(String[] arguments) throws Exception {
      Config config = Telemetry.start(ConfigFactory.load());
      Path directory = Files.createTempDirectory("telemetry-benchmark");
      double fastest = Double.POSITIVE_INFINITY;
      try (ModelStore store = new ModelStore(directory);
          RebasinNode node = RebasinNode.start(config, store, new Datasets())) {
        for (int job = 0; job < JOBS; job++) {
          long begun = System.nanoTime();
          node.run(request(), progress -> {});
          fastest = Math.min(fastest, (System.nanoTime() - begun) / 1e9);
        }
      }
      Files.delete(directory);
      double tasks = 0;
      for (int round = 0; round < 3; round++) {
        tasks = Math.max(tasks, QueueBenchmark.tasksPerSecond(config));
      }
      System.out.println(fastest + " " + tasks);
      System.exit(0);
    }

    private static MergeRequest request() {
      return new MergeRequest(
          List.of(train(1), train(2)),
          Optional.of(AlignmentPlan.toReference(new Matching.Weight(1), 1, false)),
          Optional.of(List.of(0.5, 0.5)),
          Optional.empty(),
          Optional.of(new EvaluationPlan(DATA, true, 11, Set.of(Task.Split.TEST))));
    }

    private static MergeRequest.Source train(long seed) {
      return new MergeRequest.ToTrain(
          new Task.Train(
              "model " + seed,
              "mlp:784-256-256-10",
              DATA,
              Optional.empty(),
              new TrainingSettings(
                  3, 100, Optimizer.Kind.ADAM, 1e-3, 0, 0, Schedule.Decay.CONSTANT, seed)));
    }
  }
}
