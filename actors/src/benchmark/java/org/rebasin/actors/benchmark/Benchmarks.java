package org.rebasin.actors.benchmark;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Times what the system adds to the arithmetic; see {@code model} for that. */
public final class Benchmarks {
  /** One of them. */
  private interface Benchmark {
    void run() throws Exception;
  }

  private Benchmarks() {}

  /**
   * Prints a table.
   *
   * @param arguments the names of those to run, with commas between; "all" for all
   */
  public static void main(String[] arguments) throws Exception {
    Map<String, Benchmark> all = new LinkedHashMap<>();
    all.put("queue", QueueBenchmark::run);
    all.put("jobs", JobsBenchmark::run);
    all.put("federation", FederationBenchmark::run);
    all.put("transfer", TransferBenchmark::run);
    all.put("telemetry", TelemetryBenchmark::run);
    List<String> names =
        arguments[0].equals("all") ? List.copyOf(all.keySet()) : List.of(arguments[0].split(","));
    if (!all.keySet().containsAll(names)) {
      throw new IllegalArgumentException(
          "benchmarks: expected of " + all.keySet() + ", found " + names);
    }
    System.out.println("| what | figure |");
    System.out.println("|---|---|");
    for (String name : names) {
      all.get(name).run();
    }
  }
}
