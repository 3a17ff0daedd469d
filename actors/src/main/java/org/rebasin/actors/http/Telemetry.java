package org.rebasin.actors.http;

import java.util.List;
import java.util.Map;

/** What a node measures of itself, for the interface. Thread-safe. */
@FunctionalInterface
public interface Telemetry {
  /** A node that measures nothing. */
  Telemetry OFF =
      () -> new Snapshot(false, "this node measures nothing of its actors", List.of(), Map.of());

  /** What was measured last. Cheap: called for everybody who watches. */
  Snapshot snapshot();

  /**
   * All measurements of one moment.
   *
   * @param isOn whether anything is measured
   * @param note for people: if nothing is measured, how to turn it on
   * @param actors the actors, or groups of actors of one kind
   * @param values other measurements by their names, such as {@code rebasin_tasks_total}
   */
  record Snapshot(
      boolean isOn, String note, List<ActorMeasurements> actors, Map<String, Double> values) {
    /** Copies the collections. */
    public Snapshot {
      actors = List.copyOf(actors);
      values = Map.copyOf(values);
    }
  }

  /**
   * An actor, or all of one kind. Times are in seconds; what is not measured is NaN.
   *
   * @param name its path or its class
   * @param mailbox messages that wait
   * @param messagesPerSecond that were processed, over the last interval
   * @param timeInMailbox mean, over the last interval
   * @param processingTime mean, over the last interval
   * @param restarts since the node started
   * @param errors since the node started
   */
  record ActorMeasurements(
      String name,
      double mailbox,
      double messagesPerSecond,
      double timeInMailbox,
      double processingTime,
      long restarts,
      long errors) {}
}
