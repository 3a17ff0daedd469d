package org.rebasin.actors.work;

import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.rebasin.actors.wire.WireMessage;

/**
 * How much there is to do in a work queue at one moment, in the order of nodes and roles.
 *
 * @param waiting tasks that no worker is at, for roles that have some
 * @param workers those that the queue knows of
 */
public record QueueLoad(List<Waiting> waiting, List<Workers> workers) implements WireMessage {
  /** Copies the lists. */
  public QueueLoad {
    waiting = List.copyOf(waiting);
    workers = List.copyOf(workers);
  }

  /** Tasks of one role that wait for a worker, or for another attempt. */
  public record Waiting(Role role, int tasks) {}

  /**
   * The workers of one role on one node.
   *
   * @param node its address, such as {@code akka://rebasin@127.0.0.1:25520}
   * @param workers in all
   * @param working those of them that are at a task
   */
  public record Workers(String node, Role role, int workers, int working) {}

  /** Counts. */
  static final class Tally {
    private final Map<Role, Integer> waiting = new EnumMap<>(Role.class);
    private final Map<String, Map<Role, Workers>> workers = new HashMap<>();

    /** A task waits. */
    void waits(Role role) {
      waiting.merge(role, 1, Integer::sum);
    }

    /** A worker is there. */
    void works(String node, Role role, boolean isWorking) {
      workers
          .computeIfAbsent(node, unknown -> new EnumMap<>(Role.class))
          .merge(
              role,
              new Workers(node, role, 1, isWorking ? 1 : 0),
              (one, other) ->
                  new Workers(
                      node,
                      role,
                      one.workers() + other.workers(),
                      one.working() + other.working()));
    }

    /** All that was counted. */
    QueueLoad load() {
      return new QueueLoad(
          waiting.entrySet().stream()
              .map(entry -> new Waiting(entry.getKey(), entry.getValue()))
              .toList(),
          workers.values().stream()
              .flatMap(byRole -> byRole.values().stream())
              .sorted(Comparator.comparing(Workers::node).thenComparing(Workers::role))
              .toList());
    }
  }
}
