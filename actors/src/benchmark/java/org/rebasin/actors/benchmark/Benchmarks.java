package org.rebasin.actors.benchmark;

/** Times what the system adds to the arithmetic; see {@code model} for that. */
public final class Benchmarks {
  private Benchmarks() {}

  /** Prints a table. */
  public static void main(String[] arguments) throws Exception {
    System.out.println("| what | figure |");
    System.out.println("|---|---|");
    QueueBenchmark.run();
    JobsBenchmark.run();
    FederationBenchmark.run();
    TransferBenchmark.run();
    TelemetryBenchmark.run();
  }
}
