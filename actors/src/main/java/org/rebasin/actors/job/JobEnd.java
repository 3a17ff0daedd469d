package org.rebasin.actors.job;

import java.time.Duration;
import java.util.Optional;
import org.rebasin.actors.telemetry.MergeMetrics;
import org.rebasin.actors.telemetry.Traces;
import org.rebasin.actors.work.Split;

/** Tells telemetry what a job came to. */
final class JobEnd {
  private JobEnd() {}

  /** Once for each end, of whatever kind; does nothing while the job runs. */
  static void measure(JobState.Known job) {
    if (!job.status().ended()) {
      return;
    }
    MergeMetrics.ended(job.status().text(), Duration.between(job.begun(), job.updated()));
    Traces.job(job.id().value(), "merge", job.begun(), job.updated(), job.status().text());
    if (job.status() == JobStatus.SUCCEEDED) {
      MergeOutcome outcome = job.plan().outcome(job.results());
      outcome
          .controls()
          .flatMap(MergeOutcome.Controls::merged)
          .ifPresent(merged -> MergeMetrics.accuracy(merged.score().accuracy()));
      outcome
          .curves()
          .forEach(
              (kind, bySplit) ->
                  Optional.ofNullable(bySplit.get(Split.TEST))
                      .ifPresent(
                          curve ->
                              MergeMetrics.barrier(kind.text(), curve.barrier().aboveChord())));
    }
  }
}
