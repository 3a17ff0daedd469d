package org.rebasin.actors.job;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.rebasin.actors.work.Progress;

/** What a job has in the queue, as long as its actor lives; afterwards it is submitted again. */
final class OutstandingTasks {
  private Optional<MergePlan.Step> step = Optional.empty();
  private final Map<Integer, Instant> since = new TreeMap<>();
  private final Map<String, Progress> progress = new LinkedHashMap<>();

  /** Nothing is out. */
  void clear() {
    step = Optional.empty();
    since.clear();
    progress.clear();
  }

  /**
   * Takes note of where the job is, and of the tasks that are to be submitted now.
   *
   * @param limit tasks that may be out
   * @return the indices of those that were not out before
   */
  List<Integer> update(MergePlan.Step now, TaskResults results, int limit, Instant time) {
    if (step.map(before -> before.phase() != now.phase()).orElse(true)) {
      clear();
    }
    step = Optional.of(now);
    since.keySet().removeIf(index -> results.has(now.phase(), index));
    List<Integer> added = new ArrayList<>();
    for (int index = 0; index < now.tasks().size() && since.size() < limit; index++) {
      if (!results.has(now.phase(), index) && !since.containsKey(index)) {
        since.put(index, time);
        added.add(index);
      }
    }
    return added;
  }

  Optional<MergePlan.Step> step() {
    return step;
  }

  /** The tasks that are out. */
  List<Integer> indices() {
    return List.copyOf(since.keySet());
  }

  /** The first task that has been out for too long. */
  Optional<Integer> overdue(Duration timeout, Instant now) {
    return since.entrySet().stream()
        .filter(task -> task.getValue().plus(timeout).isBefore(now))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  void heard(Progress news) {
    progress.put(news.label(), news);
  }

  /** What was heard from tasks that have not said that they are done. */
  List<Progress> working() {
    return progress.values().stream().filter(news -> news.done() < news.total()).toList();
  }

  List<JobView.WaitingTask> waiting(MergePlan.Step now) {
    return since.entrySet().stream()
        .map(
            task ->
                new JobView.WaitingTask(
                    now.phase().text(),
                    task.getKey(),
                    now.tasks().get(task.getKey()).role(),
                    task.getValue()))
        .toList();
  }
}
