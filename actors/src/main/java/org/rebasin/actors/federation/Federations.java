package org.rebasin.actors.federation;

import akka.NotUsed;
import akka.stream.javadsl.Source;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.rebasin.actors.store.ModelId;

/**
 * The federations of a cluster, for those who are not actors. Every stage may fail with a {@link
 * FederationRefusedException}, whose reason says what is at fault. Thread-safe.
 */
public interface Federations {
  /**
   * Begins a federation; does nothing if there is one of that name with the same settings. Fails
   * with {@link FederationRefusedException.Reason#CONFLICT} if its settings are others.
   */
  CompletionStage<FederationView> create(FederationName name, FederationSettings settings);

  /** How a federation stands; empty if there is none of that name. */
  CompletionStage<Optional<FederationView>> view(FederationName name);

  /** The names of all federations, sorted. */
  CompletionStage<List<FederationName>> list();

  /**
   * Gives a contribution. It is in the journal when the stage completes: from then on it is neither
   * lost nor counted twice. The same contribution again changes nothing. Fails with {@link
   * FederationRefusedException.Reason#INVALID} for an unknown base version, {@link
   * FederationRefusedException.Reason#CONFLICT} if the federation is paused or closed, {@link
   * FederationRefusedException.Reason#FULL} with a time if too many wait.
   */
  CompletionStage<ContributionView> contribute(FederationName name, Contribution contribution);

  /** A contribution; empty if it was never accepted. */
  CompletionStage<Optional<ContributionView>> contribution(FederationName name, String id);

  /**
   * Contributions, the newest first.
   *
   * @param after the last one's id of the page before; empty for the first page
   * @param limit contributions of the page at most, from 1 to 1000
   */
  CompletionStage<List<ContributionView>> contributions(
      FederationName name, Optional<String> after, int limit);

  /**
   * Versions, the newest first.
   *
   * @param before only versions of a smaller number; empty for all
   * @param limit versions of the page at most, from 1 to 1000
   */
  CompletionStage<List<Version>> versions(FederationName name, OptionalInt before, int limit);

  /** One version; empty if there is none of that number. */
  CompletionStage<Optional<Version>> version(FederationName name, int number);

  /**
   * The current version, as soon as it is another than the given one.
   *
   * @param other the version that the caller has; empty for none
   * @param wait how long to wait for a change
   * @return empty if there was no change in that time
   */
  CompletionStage<Optional<Version>> versionOtherThan(
      FederationName name, OptionalInt other, Duration wait);

  /** Takes no contributions until resumed; does nothing if it is paused. */
  CompletionStage<FederationView> pause(FederationName name);

  /** Goes on; does nothing if it is open. */
  CompletionStage<FederationView> resume(FederationName name);

  /** Ends it; what was accepted and is in no version yet is part of none. */
  CompletionStage<FederationView> close(FederationName name);

  /** Makes an earlier version the current one again; the next version continues that. */
  CompletionStage<FederationView> rollback(FederationName name, int version);

  /**
   * Makes a version's model again from what its record names, with the same tasks. Fails with
   * {@link FederationRefusedException.Reason#UNKNOWN} if there is no such version, and with {@link
   * FederationRefusedException.Reason#CONFLICT} if its contributions are no longer kept.
   */
  CompletionStage<Reproduction> reproduce(FederationName name, int version);

  /**
   * What came of making a version's model again.
   *
   * @param recorded the version's model
   * @param made the model that came of it; models are named by their bytes
   */
  record Reproduction(int version, ModelId recorded, ModelId made) {
    /** Whether it is the same to the byte. */
    public boolean same() {
      return recorded.equals(made);
    }
  }

  /**
   * What happens to a federation: first what has happened, then what does, each exactly once and in
   * order; goes on by itself when nodes die. Completes behind the event that closes it. A set
   * number of the newest events is at hand: who begins before those begins with the oldest of them,
   * which its sequence number tells; versions and contributions say what was before.
   *
   * @param afterSequence only events with a larger sequence number; 0 for all that are at hand
   */
  Source<FederationEvent, NotUsed> events(FederationName name, long afterSequence);

  /** All models that federations still need. No other model is kept for a federation's sake. */
  CompletionStage<Set<ModelId>> namedModels();
}
