package org.rebasin.actors.work;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What somebody has in the queue and since when, as long as its actor lives; afterwards all of it
 * is submitted again.
 *
 * @param <K> what tells its tasks apart
 */
public final class Submissions<K> {
  private final Map<K, Instant> since = new LinkedHashMap<>();

  /** Nothing is out. */
  public void clear() {
    since.clear();
  }

  /** One more is out. */
  public void add(K task, Instant now) {
    since.put(task, now);
  }

  /** Forgets those that are not wanted any more. */
  public void keep(Predicate<K> wanted) {
    since.keySet().removeIf(wanted.negate());
  }

  /** Whether it is out. */
  public boolean has(K task) {
    return since.containsKey(task);
  }

  /** What is out, the first first. */
  public List<K> tasks() {
    return List.copyOf(since.keySet());
  }

  /** Since when each is out, the first first. */
  public Map<K, Instant> since() {
    return new LinkedHashMap<>(since);
  }

  /** The first that has been out for too long. */
  public Optional<K> overdue(Duration timeout, Instant now) {
    return since.entrySet().stream()
        .filter(task -> task.getValue().plus(timeout).isBefore(now))
        .map(Map.Entry::getKey)
        .findFirst();
  }
}
