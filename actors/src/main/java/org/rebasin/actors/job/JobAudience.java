package org.rebasin.actors.job;

import java.util.ArrayList;
import java.util.List;
import org.rebasin.actors.work.Progress;

/**
 * Who listens to a job: those who wait for its next events, and those who follow it to its end.
 * Forgotten when its actor stops.
 */
final class JobAudience {
  private final List<MergeJob.EventsAfter> waiting = new ArrayList<>();
  private final List<MergeJob.Follow> followers = new ArrayList<>();

  void add(MergeJob.EventsAfter asker) {
    waiting.add(asker);
  }

  void add(MergeJob.Follow follower) {
    followers.add(follower);
  }

  /** Tells the followers how far something is. */
  void tell(Progress progress) {
    followers.forEach(follower -> follower.progress().tell(progress));
  }

  /** Answers those who wait for events, if there are any; {@code all} even if not. */
  void answer(JobState.Known job, boolean all) {
    waiting.removeIf(
        asker -> {
          List<JobEvent> events = job.eventsAfter(asker.sequence());
          boolean answered = all || !events.isEmpty() || job.status().ended();
          if (answered) {
            asker.replyTo().tell(new MergeJob.Happened(events, job.status().ended()));
          }
          return answered;
        });
  }

  /** Tells the followers how the job stands at its end, and lets them go. */
  void end(MergeJob.Viewed view) {
    followers.forEach(follower -> follower.replyTo().tell(view));
    followers.clear();
  }
}
