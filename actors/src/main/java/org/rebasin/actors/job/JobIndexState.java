package org.rebasin.actors.job;

import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;

/** What the events of the index come to. Changes in place: copies would cost O(jobs) each time. */
final class JobIndexState {
  /**
   * A job in the list.
   *
   * @param models that it names, if it has ended
   */
  record Entry(JobPage.Entry listed, Optional<String> key, Set<ModelId> models) {}

  /**
   * All of it, at one moment.
   *
   * @param notStarted jobs of which it is not known that they have begun
   */
  record Snapshot(List<Entry> entries, List<JobIndex.JobAdded> notStarted) {}

  private final NavigableMap<JobId, Entry> entries = new TreeMap<>();
  private final Map<String, JobId> keys = new HashMap<>();
  private final Map<JobId, JobIndex.JobAdded> notStarted = new LinkedHashMap<>();

  static JobIndexState of(Snapshot snapshot) {
    JobIndexState state = new JobIndexState();
    snapshot.entries().forEach(state::put);
    snapshot.notStarted().forEach(added -> state.notStarted.put(added.job(), added));
    return state;
  }

  Snapshot snapshot() {
    return new Snapshot(List.copyOf(entries.values()), List.copyOf(notStarted.values()));
  }

  JobIndexState apply(JobIndex.Event event) {
    if (event instanceof JobIndex.JobAdded added) {
      put(
          new Entry(
              new JobPage.Entry(
                  added.job(),
                  added.options().label(),
                  added.options().priority(),
                  JobStatus.RUNNING,
                  added.at(),
                  Optional.empty()),
              added.options().idempotencyKey(),
              Set.of()));
      notStarted.put(added.job(), added);
    } else if (event instanceof JobIndex.JobStarted started) {
      notStarted.remove(started.job());
    } else if (event instanceof JobIndex.JobChanged changed) {
      Entry before = entries.get(changed.job());
      if (before == null) {
        throw new IllegalStateException("the index does not know job " + changed.job());
      }
      JobPage.Entry listed = before.listed();
      put(
          new Entry(
              new JobPage.Entry(
                  listed.id(),
                  listed.label(),
                  listed.priority(),
                  changed.status(),
                  listed.submitted(),
                  changed.ended()),
              before.key(),
              changed.status().ended() ? Set.copyOf(changed.models()) : Set.of()));
    } else if (event instanceof JobIndex.JobForgotten forgotten) {
      Entry entry = entries.remove(forgotten.job());
      if (entry != null) {
        entry.key().ifPresent(key -> keys.remove(key, forgotten.job()));
      }
    }
    return this;
  }

  private void put(Entry entry) {
    entries.put(entry.listed().id(), entry);
    entry.key().ifPresent(key -> keys.put(key, entry.listed().id()));
  }

  Optional<JobId> ofKey(String key) {
    return Optional.ofNullable(keys.get(key));
  }

  Map<JobId, JobIndex.JobAdded> notStarted() {
    return Map.copyOf(notStarted);
  }

  /** A name after all others, even if this node's clock is behind. */
  JobId nextId(Clock clock) {
    Instant now = clock.instant();
    JobId next = JobId.next(clock);
    for (long ms = 1; !entries.isEmpty() && next.compareTo(entries.lastKey()) <= 0; ms *= 2) {
      next = JobId.next(Clock.fixed(now.plusMillis(ms), clock.getZone()));
    }
    return next;
  }

  /** Whether the list says something else about a job; not of a job that is not in it. */
  boolean changes(JobIndex.Changed changed) {
    Entry entry = entries.get(changed.job());
    return entry != null
        && !(entry.listed().status() == changed.status()
            && entry.listed().ended().equals(changed.ended()));
  }

  JobPage page(Optional<JobId> after, int limit) {
    NavigableMap<JobId, Entry> newestFirst =
        after.map(id -> entries.headMap(id, false)).orElse(entries).descendingMap();
    List<JobPage.Entry> page =
        newestFirst.values().stream().limit(limit).map(Entry::listed).toList();
    boolean more = newestFirst.size() > page.size();
    return new JobPage(page, more ? Optional.of(page.get(page.size() - 1).id()) : Optional.empty());
  }

  /** Some of the jobs that ended before a moment, the oldest first. */
  List<JobId> endedBefore(Instant moment, int limit) {
    return entries.values().stream()
        .map(Entry::listed)
        .filter(job -> job.ended().filter(end -> end.isBefore(moment)).isPresent())
        .map(JobPage.Entry::id)
        .limit(limit)
        .toList();
  }

  boolean contains(JobId job) {
    return entries.containsKey(job);
  }

  List<JobId> live() {
    return entries.values().stream()
        .filter(entry -> !entry.listed().status().ended())
        .map(entry -> entry.listed().id())
        .toList();
  }

  Set<ModelId> modelsOfEnded() {
    Set<ModelId> all = new HashSet<>();
    entries.values().forEach(entry -> all.addAll(entry.models()));
    // Those that have not begun cannot be asked.
    notStarted.values().stream()
        .flatMap(added -> added.request().models().stream())
        .flatMap(
            source ->
                source instanceof MergeRequest.Stored stored
                    ? Stream.of(stored.id())
                    : Stream.empty())
        .forEach(all::add);
    return all;
  }
}
