package org.rebasin.actors.benchmark;

import com.sun.management.OperatingSystemMXBean;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.job.MergeRequest.AlignmentPlan;
import org.rebasin.actors.job.MergeRequest.EvaluationPlan;
import org.rebasin.actors.node.RebasinNode;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.telemetry.Telemetry;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Split;
import org.rebasin.actors.work.Task;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingSettings;

/**
 * The demo's job and the queue, without telemetry and with it. What telemetry rewrites stays
 * rewritten, so each is a process of its own. Both are there at once and do one job in turn, so
 * that each job is compared with one of the same second: the machine's speed changes by more than
 * what is measured. As compilers decide anew in each process, there are several pairs of them.
 */
final class TelemetryBenchmark {
  private static final String DATA = "digits:train=4000,test=1000";
  private static final int PAIRS = 5;

  private TelemetryBenchmark() {}

  /** What a process is asked to do; it answers with one line. */
  private enum Work {
    /** The demo's job. */
    JOB(60, 20),

    /** The queue's empty tasks. */
    TASKS(25, 5);

    final int rounds;

    /** Rounds that do not count: the compiler is at work. */
    final int warmUp;

    Work(int rounds, int warmUp) {
      this.rounds = rounds;
      this.warmUp = warmUp;
    }
  }

  /** Seconds and processor seconds. */
  private record Cost(double seconds, double processorSeconds) {
    static Cost of(String line) {
      String[] numbers = line.split(" ");
      return new Cost(Double.parseDouble(numbers[0]), Double.parseDouble(numbers[1]));
    }

    @Override
    public String toString() {
      return seconds + " " + processorSeconds;
    }
  }

  /** The same work without telemetry and with it. */
  private record Compared(Cost without, Cost with) {}

  static void run() throws IOException {
    List<List<Compared>> jobs = new ArrayList<>();
    List<List<Compared>> tasks = new ArrayList<>();
    for (int pair = 0; pair < PAIRS; pair++) {
      try (BenchmarkProcess without = start(false);
          BenchmarkProcess with = start(true)) {
        jobs.add(compare(without, with, Work.JOB));
        tasks.add(compare(without, with, Work.TASKS));
      }
    }
    print("time of the demo's job, in s", jobs, Cost::seconds);
    print("processor time of the demo's job, in s", jobs, Cost::processorSeconds);
    print("the queue's empty tasks, in s", tasks, Cost::seconds);
  }

  private static BenchmarkProcess start(boolean telemetry) throws IOException {
    return BenchmarkProcess.start(
        Measured.class, List.of("-Drebasin.telemetry.enabled=" + telemetry));
  }

  private static List<Compared> compare(BenchmarkProcess without, BenchmarkProcess with, Work work)
      throws IOException {
    List<Compared> compared = new ArrayList<>();
    for (int round = 0; round < work.rounds; round++) {
      // Who goes first changes, too.
      if (round % 2 == 0) {
        Cost first = ask(without, work);
        compared.add(new Compared(first, ask(with, work)));
      } else {
        Cost first = ask(with, work);
        compared.add(new Compared(ask(without, work), first));
      }
    }
    return compared.subList(work.warmUp, work.rounds);
  }

  private static Cost ask(BenchmarkProcess process, Work work) throws IOException {
    return Cost.of(process.ask(work.name()));
  }

  private static void print(
      String what, List<List<Compared>> pairs, ToDoubleFunction<Cost> figure) {
    double without =
        median(pairs.stream().flatMap(List::stream).map(Compared::without).mapToDouble(figure));
    List<Double> more =
        pairs.stream()
            .map(
                pair ->
                    median(
                        pair.stream()
                            .mapToDouble(
                                each ->
                                    figure.applyAsDouble(each.with())
                                        / figure.applyAsDouble(each.without()))))
            .toList();
    System.out.printf(
        Locale.ROOT,
        "| telemetry: %s, %.2f without; median of %d pairs of processes (%s) | %s |%n",
        what,
        without,
        pairs.size(),
        more.stream().map(TelemetryBenchmark::percent).collect(Collectors.joining(", ")),
        percent(median(more.stream().mapToDouble(Double::doubleValue))));
  }

  private static double median(DoubleStream numbers) {
    double[] sorted = numbers.sorted().toArray();
    return sorted[sorted.length / 2];
  }

  private static String percent(double ratio) {
    return String.format(Locale.ROOT, "%+.1f %%", 100 * (ratio - 1));
  }

  /** What runs in a process that is measured: answers until nobody asks any more. */
  static final class Measured {
    private Measured() {}

    /** Reads one {@link Work} a line from the standard input, does it, and prints its cost. */
    public static void main(String[] arguments) throws Exception {
      Config config = Telemetry.start(ConfigFactory.load());
      Path directory = Files.createTempDirectory("telemetry-benchmark");
      try (ModelStore store = new ModelStore(directory);
          RebasinNode node = RebasinNode.start(config, store, new Datasets())) {
        BenchmarkProcess.answer(
            question ->
                switch (Work.valueOf(question)) {
                  case JOB -> job(node);
                  case TASKS -> tasks(config);
                });
      }
      Files.delete(directory);
      System.exit(0);
    }

    private static Cost job(RebasinNode node) {
      long begun = System.nanoTime();
      long before = processorNanos();
      node.run(request(), progress -> {});
      return new Cost((System.nanoTime() - begun) / 1e9, (processorNanos() - before) / 1e9);
    }

    private static Cost tasks(Config config) throws InterruptedException {
      long before = processorNanos();
      double tasksPerSecond = QueueBenchmark.tasksPerSecond(config);
      return new Cost(QueueBenchmark.ALL_TASKS / tasksPerSecond, (processorNanos() - before) / 1e9);
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
