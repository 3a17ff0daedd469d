package org.rebasin.actors.job;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.TaskResult;

/**
 * What has come back of a job's tasks.
 *
 * @param byPhase results by their task's index; a phase without results may be missing
 */
record TaskResults(Map<MergePhase, Map<Integer, TaskResult>> byPhase) {
  static final TaskResults NONE = new TaskResults(Map.of());

  /** These and one more. O(n) in the phase's results. */
  TaskResults with(MergePhase phase, int index, TaskResult result) {
    Map<Integer, TaskResult> ofPhase = new TreeMap<>(byPhase.getOrDefault(phase, Map.of()));
    ofPhase.put(index, result);
    Map<MergePhase, Map<Integer, TaskResult>> all = new EnumMap<>(MergePhase.class);
    all.putAll(byPhase);
    all.put(phase, Collections.unmodifiableMap(ofPhase));
    return new TaskResults(Collections.unmodifiableMap(all));
  }

  boolean has(MergePhase phase, int index) {
    return byPhase.getOrDefault(phase, Map.of()).containsKey(index);
  }

  int count(MergePhase phase) {
    return byPhase.getOrDefault(phase, Map.of()).size();
  }

  /** The results of a phase in the order of its tasks. */
  <R extends TaskResult> List<R> of(MergePhase phase, Class<R> type) {
    return new TreeMap<>(byPhase.getOrDefault(phase, Map.of()))
        .values().stream().map(type::cast).toList();
  }

  /** Every model and measurement that a task has made. */
  Stream<ModelId> products() {
    return byPhase.values().stream()
        .flatMap(results -> results.values().stream())
        .flatMap(result -> result.products().stream());
  }
}
