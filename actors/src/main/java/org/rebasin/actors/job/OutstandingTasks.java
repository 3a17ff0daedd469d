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
import org.rebasin.actors.work.Submissions;

/** What a job has in the queue, as long as its actor lives; afterwards it is submitted again. */
final class OutstandingTasks {
  private Optional<MergePlan.Step> step = Optional.empty();
  private final Submissions<Integer> out = new Submissions<>();
  private final Map<String, Progress> progress = new LinkedHashMap<>();

  /** Nothing is out. */
  void clear() {
    step = Optional.empty();
    out.clear();
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
    out.keep(index -> !results.has(now.phase(), index));
    List<Integer> added = new ArrayList<>();
    for (int index = 0; index < now.tasks().size() && out.tasks().size() < limit; index++) {
      if (!results.has(now.phase(), index) && !out.has(index)) {
        out.add(index, time);
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
    return out.tasks().stream().sorted().toList();
  }

  /** The first task that has been out for too long. */
  Optional<Integer> overdue(Duration timeout, Instant now) {
    return out.overdue(timeout, now);
  }

  void heard(Progress news) {
    progress.put(news.label(), news);
  }

  /** What was heard from tasks that have not said that they are done. */
  List<Progress> working() {
    return progress.values().stream().filter(news -> news.done() < news.total()).toList();
  }

  List<JobView.WaitingTask> waiting(MergePlan.Step now) {
    return new TreeMap<>(out.since())
        .entrySet().stream()
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
