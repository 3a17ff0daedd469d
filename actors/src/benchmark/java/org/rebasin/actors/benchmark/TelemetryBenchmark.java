package org.rebasin.actors.benchmark;

import org.rebasin.actors.work.Split;
import com.sun.management.OperatingSystemMXBean;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
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
  private static final int PROCESSES = 9;
  private static final int JOBS = 25;

  /** Jobs that do not count: the compiler is at work. */
  private static final int WARM_UP = 10;

  private TelemetryBenchmark() {}

  /** Whether telemetry is on. */
  private enum Telemetered {
    OFF,
    ON
  }

  /**
   * What one process measured: medians of a job's seconds and processor time, and tasks a second.
   */
  private record Figures(double jobSeconds, double jobProcessorSeconds, double tasksPerSecond) {}

  /** A number of what was measured. */
  @FunctionalInterface
  private interface Figure extends ToDoubleFunction<Figures> {}

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
    print("time of the demo's job", figures, Figures::jobSeconds);
    print("processor time of the demo's job", figures, Figures::jobProcessorSeconds);
    print(
        "an empty task's way through the queue, in µs",
        figures,
        each -> 1e6 / each.tasksPerSecond());
  }

  private static void print(String what, Map<Telemetered, List<Figures>> figures, Figure figure) {
    double[] off = figures.get(Telemetered.OFF).stream().mapToDouble(figure).toArray();
    double[] on = figures.get(Telemetered.ON).stream().mapToDouble(figure).toArray();
    double[] ratios = IntStream.range(0, PROCESSES).mapToDouble(i -> on[i] / off[i]).toArray();
    double least = Arrays.stream(off).min().orElseThrow();
    System.out.printf(
        Locale.ROOT,
        "| telemetry: %s, %.2f without; least with over least without; median of %d pairs (%s)"
            + " | %s; %s |%n",
        what,
        least,
        PROCESSES,
        Arrays.stream(ratios)
            .mapToObj(TelemetryBenchmark::percent)
            .collect(Collectors.joining(", ")),
        percent(Arrays.stream(on).min().orElseThrow() / least),
        percent(Arrays.stream(ratios).sorted().toArray()[PROCESSES / 2]));
  }

  private static String percent(double ratio) {
    return String.format(Locale.ROOT, "%+.1f %%", 100 * (ratio - 1));
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
    return new Figures(
        Double.parseDouble(figures[0]),
        Double.parseDouble(figures[1]),
        Double.parseDouble(figures[2]));
  }

  /** The process that is measured. */
  static final class Measured {
    private Measured() {}

    /** Prints medians of a job's seconds and processor seconds, and the queue's tasks a second. */
    public static void main(String[] arguments) throws Exception {
      Config config = Telemetry.start(ConfigFactory.load());
      Path directory = Files.createTempDirectory("telemetry-benchmark");
      double[] seconds = new double[JOBS];
      double[] processor = new double[JOBS];
      try (ModelStore store = new ModelStore(directory);
          RebasinNode node = RebasinNode.start(config, store, new Datasets())) {
        for (int job = 0; job < JOBS; job++) {
          long begun = System.nanoTime();
          long before = processorNanos();
          node.run(request(), progress -> {});
          seconds[job] = (System.nanoTime() - begun) / 1e9;
          processor[job] = (processorNanos() - before) / 1e9;
        }
      }
      Files.delete(directory);
      double tasks = 0;
      for (int round = 0; round < 3; round++) {
        tasks = Math.max(tasks, QueueBenchmark.tasksPerSecond(config));
      }
      System.out.println(median(seconds) + " " + median(processor) + " " + tasks);
      System.exit(0);
    }

    private static double median(double[] ofJobs) {
      double[] counting = Arrays.stream(ofJobs).skip(WARM_UP).sorted().toArray();
      return counting[counting.length / 2];
    }

    private static long processorNanos() {
      return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
          .getProcessCpuTime();
    }

    private static MergeRequest request() {
      return new MergeRequest(
          List.of(train(1), train(2)),
          Optional.of(AlignmentPlan.toReference(new Matching.Weight(1), 1, false)),
          Optional.of(List.of(0.5, 0.5)),
          Optional.empty(),
          Optional.of(new EvaluationPlan(DATA, true, 11, Set.of(Split.TEST))));
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
