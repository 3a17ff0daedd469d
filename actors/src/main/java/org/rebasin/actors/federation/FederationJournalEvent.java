package org.rebasin.actors.federation;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;
import org.rebasin.model.evaluation.Score;
import org.rebasin.model.permutation.Permutations;

/**
 * What the journal keeps of a {@link Federation}; {@link FederationJson} says under which names.
 * What was written once must be readable for ever. Contributions are numbered from 1 in the order
 * in which they were accepted, candidates for a version in the order in which they were begun.
 */
public sealed interface FederationJournalEvent {
  /** When it happened. */
  Instant at();

  /**
   * Somebody wants the federation.
   *
   * @param job under which its tasks are in the queue
   */
  record Created(FederationName name, JobId job, FederationSettings settings, Instant at)
      implements FederationJournalEvent {}

  /** The initial model may be one. */
  record InitialScreened(Instant at) implements FederationJournalEvent {}

  /** The initial model cannot be used, and the federation closes. */
  record InitialRefused(String reason, Instant at) implements FederationJournalEvent {}

  /** A contribution was taken. */
  record Accepted(Contribution contribution, Instant at) implements FederationJournalEvent {}

  /** There is nothing to be said against a contribution's weights. */
  record Screened(int contribution, double norm, Instant at) implements FederationJournalEvent {}

  /**
   * What activation matching needs was measured on a part of its data.
   *
   * @param shard counted from 0
   */
  record Collected(int contribution, int shard, ModelId moments, Instant at)
      implements FederationJournalEvent {}

  /** A contribution can be brought into the order of what it was aligned to. */
  record Aligned(int contribution, Permutations permutations, Instant at)
      implements FederationJournalEvent {}

  /** A contribution is part of nothing. */
  record Quarantined(int contribution, String reason, Instant at)
      implements FederationJournalEvent {}

  /** Contributions are part of nothing, though nothing was found against any of them. */
  record SetAside(List<Integer> contributions, String reason, Instant at)
      implements FederationJournalEvent {
    /** Copies the list. */
    public SetAside {
      contributions = List.copyOf(contributions);
    }
  }

  /**
   * A candidate is made, of these contributions in this order.
   *
   * @param examined whether each of them was looked at by itself before
   */
  record CandidateBegun(int candidate, List<Integer> contributions, boolean examined, Instant at)
      implements FederationJournalEvent {
    /** Copies the list. */
    public CandidateBegun {
      contributions = List.copyOf(contributions);
    }
  }

  /** The first version's contributions have a common order; one for each, in their order. */
  record CandidateOrdered(int candidate, List<Permutations> permutations, Instant at)
      implements FederationJournalEvent {
    /** Copies the list. */
    public CandidateOrdered {
      permutations = List.copyOf(permutations);
    }
  }

  /** The candidate's weights are there. */
  record CandidateAggregated(
      int candidate, ModelId model, Optional<ModelId> serverState, Instant at)
      implements FederationJournalEvent {}

  /** The candidate was corrected. */
  record CandidateCorrected(int candidate, ModelId model, Instant at)
      implements FederationJournalEvent {}

  /** It is known how good the candidate is. */
  record CandidateEvaluated(int candidate, Score score, Instant at)
      implements FederationJournalEvent {}

  /** The candidate is not good enough. */
  record CandidateRefused(int candidate, double accuracy, double required, Instant at)
      implements FederationJournalEvent {}

  /** One contribution by itself, aggregated onto the current version. */
  record AloneAggregated(int candidate, int contribution, ModelId model, Instant at)
      implements FederationJournalEvent {}

  /** It is known how good that is. */
  record AloneEvaluated(int candidate, int contribution, Score score, Instant at)
      implements FederationJournalEvent {}

  /** There is a new version, which is the current one. */
  record Published(Version version) implements FederationJournalEvent {
    @Override
    public Instant at() {
      return version.published();
    }
  }

  /** An earlier version is the current one. */
  record RolledBack(int version, Instant at) implements FederationJournalEvent {}

  /** The federation was paused, resumed or closed. */
  record StatusChanged(FederationStatus status, Instant at) implements FederationJournalEvent {}

  /** It is known how many training images a participant within the cluster has. */
  record ExamplesCounted(String participant, long examples, Instant at)
      implements FederationJournalEvent {}

  /**
   * A participant within the cluster begins to train.
   *
   * @param training its trainings, counted from 1
   * @param base the version that it begins from; empty for weights of its own
   */
  record TrainingBegun(String participant, int training, OptionalInt base, Instant at)
      implements FederationJournalEvent {}

  /** It is done, and what came of it is accepted. */
  record Trained(String participant, int training, Contribution contribution, Instant at)
      implements FederationJournalEvent {}

  /** A participant could not count or train; it goes on when the federation is resumed. */
  record ParticipantFailed(String participant, String cause, Instant at)
      implements FederationJournalEvent {}
}
