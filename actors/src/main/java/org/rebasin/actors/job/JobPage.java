package org.rebasin.actors.job;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.rebasin.actors.work.JobId;

/**
 * Some of all jobs, the newest first.
 *
 * @param next what the next page comes after; empty on the last page
 */
public record JobPage(List<Entry> jobs, Optional<JobId> next) {
  /** Copies the list. */
  public JobPage {
    jobs = List.copyOf(jobs);
  }

  /**
   * A job in a list.
   *
   * @param submitted when it was
   * @param ended when it ended, if it has
   */
  public record Entry(
      JobId id,
      String label,
      int priority,
      JobStatus status,
      Instant submitted,
      Optional<Instant> ended) {}
}
