package org.rebasin.actors.work;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The tasks that wait for a worker, and whose turn it is: the jobs of the highest priority, among
 * them one of which the fewest tasks are being done, among those the one served longest ago. Tasks
 * of one job keep their order.
 */
final class WaitingTasks {
  /** The tasks of one job and role that wait. */
  private record Line(int priority, Deque<TaskKey> keys) {}

  /** By role, the lines of jobs in the order of their turns. */
  private final Map<Role, Map<JobId, Line>> lines = new EnumMap<>(Role.class);

  private final Map<JobId, Integer> running = new HashMap<>();

  /** A task begins to wait. */
  void add(Role role, TaskKey key, int priority) {
    lines(role)
        .computeIfAbsent(key.job(), job -> new Line(priority, new ArrayDeque<>()))
        .keys()
        .addLast(key);
  }

  /**
   * The task whose turn it is waits no longer.
   *
   * @param possible whether a task can be done now; the others keep their places
   */
  Optional<TaskKey> next(Role role, Predicate<TaskKey> possible) {
    Map<JobId, Line> waiting = lines(role);
    JobId turn = null;
    TaskKey key = null;
    for (JobId job : waiting.keySet()) {
      if (turn == null || before(waiting, job, turn)) {
        Optional<TaskKey> first = waiting.get(job).keys().stream().filter(possible).findFirst();
        if (first.isPresent()) {
          turn = job;
          key = first.get();
        }
      }
    }
    if (turn == null) {
      return Optional.empty();
    }
    Line line = waiting.remove(turn);
    line.keys().remove(key);
    if (!line.keys().isEmpty()) {
      // Behind all others now.
      waiting.put(turn, line);
    }
    return Optional.of(key);
  }

  private boolean before(Map<JobId, Line> waiting, JobId job, JobId other) {
    int priorities = Integer.compare(waiting.get(other).priority(), waiting.get(job).priority());
    return priorities < 0 || (priorities == 0 && running(job) < running(other));
  }

  /** A task waits no longer, for another reason than that it is its turn. */
  void remove(Role role, TaskKey key) {
    Line line = lines(role).get(key.job());
    if (line != null && line.keys().remove(key) && line.keys().isEmpty()) {
      lines(role).remove(key.job());
    }
  }

  /** A worker has begun with a task of a job. */
  void started(JobId job) {
    running.merge(job, 1, Integer::sum);
  }

  /** A worker does a task of a job no longer. */
  void ended(JobId job) {
    running.computeIfPresent(job, (same, count) -> count == 1 ? null : count - 1);
  }

  private int running(JobId job) {
    return running.getOrDefault(job, 0);
  }

  private Map<JobId, Line> lines(Role role) {
    return lines.computeIfAbsent(role, same -> new LinkedHashMap<>());
  }
}
