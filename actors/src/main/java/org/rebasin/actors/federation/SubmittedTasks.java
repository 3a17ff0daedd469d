package org.rebasin.actors.federation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rebasin.actors.work.Role;
import org.rebasin.actors.work.Submissions;
import org.rebasin.actors.work.TaskKey;

/** What a federation has in the queue, as long as its actor lives; afterwards it is given again. */
final class SubmittedTasks {
  private final Submissions<TaskKey> submissions = new Submissions<>();
  private Map<TaskKey, WantedTask<?>> wanted = Map.of();

  /** Nothing is out. */
  void clear() {
    submissions.clear();
    wanted = Map.of();
  }

  /**
   * Takes note of what is wanted.
   *
   * @param limit tasks that may be out, beside trainings, of which each participant has one
   * @return those that were not out before and are to be submitted
   */
  List<WantedTask<?>> update(List<WantedTask<?>> now, int limit, Instant time) {
    Map<TaskKey, WantedTask<?>> all = new LinkedHashMap<>();
    now.forEach(task -> all.put(task.key(), task));
    wanted = all;
    submissions.keep(all::containsKey);
    long busy = submissions.tasks().stream().filter(key -> !isTraining(all.get(key))).count();
    List<WantedTask<?>> added = new ArrayList<>();
    for (WantedTask<?> task : now) {
      if (!submissions.has(task.key()) && (isTraining(task) || busy < limit)) {
        busy += isTraining(task) ? 0 : 1;
        submissions.add(task.key(), time);
        added.add(task);
      }
    }
    return added;
  }

  private static boolean isTraining(WantedTask<?> task) {
    return task.task().role() == Role.TRAINER;
  }

  /** The task of a key, if it is still wanted. */
  Optional<WantedTask<?>> find(TaskKey key) {
    return Optional.ofNullable(wanted.get(key));
  }

  /** Those that are out. */
  List<WantedTask<?>> out() {
    return submissions.tasks().stream().<WantedTask<?>>map(wanted::get).toList();
  }

  /** The first task that has been out for too long. */
  Optional<WantedTask<?>> overdue(Duration timeout, Instant now) {
    return submissions.overdue(timeout, now).map(wanted::get);
  }
}
