package org.rebasin.actors.federation;

import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.rebasin.actors.federation.FederationJournalEvent.Created;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;
import org.rebasin.model.permutation.Permutations;

/** What the events of a federation come to. Immutable. */
sealed interface FederationState {
  /** The state after one more event. */
  FederationState after(FederationJournalEvent event, FederationBounds bounds);

  /** Nobody has created this federation. */
  record Absent() implements FederationState {
    @Override
    public FederationState after(FederationJournalEvent event, FederationBounds bounds) {
      if (event instanceof Created created) {
        Map<String, Trainee> trainees = new LinkedHashMap<>();
        created.settings().participants().forEach(one -> trainees.put(one.name(), Trainee.NEW));
        return new Known(
            new Identity(created.name(), created.job(), created.settings(), created.at()),
            FederationStatus.OPEN,
            new Initial(false, Optional.empty()),
            new Intake(ContributionRecords.NONE, Collections.emptySortedMap(), Map.of()),
            new Candidates(0, Optional.empty()),
            Lineage.NONE,
            Collections.unmodifiableMap(trainees),
            EventLog.NONE.with(
                List.of(new FederationEvent.Created()), created.at(), bounds.events()));
      }
      throw new IllegalStateException(
          "the first event of a federation: expected Created, found " + event);
    }
  }

  /** What never changes. */
  record Identity(FederationName name, JobId job, FederationSettings settings, Instant created) {}

  /** What is known of the model that the federation was given to begin with. */
  record Initial(boolean screened, Optional<String> refusal) {}

  /**
   * What has come in.
   *
   * @param waiting what has come to nothing yet, by number
   * @param orders the newest permutations of participants, the last one last
   */
  record Intake(
      ContributionRecords records, SortedMap<Integer, Waiting> waiting, Map<String, Order> orders) {
    private static final int ORDERS_KEPT = 1000;

    /** With what became of some of the records. */
    Intake noting(Collection<Integer> numbers, UnaryOperator<ContributionView> change) {
      return new Intake(records.change(numbers, change), waiting, orders);
    }

    Intake with(Waiting one) {
      SortedMap<Integer, Waiting> all = new TreeMap<>(waiting);
      all.put(one.number(), one);
      return new Intake(records, Collections.unmodifiableSortedMap(all), orders);
    }

    Intake without(Collection<Integer> numbers) {
      SortedMap<Integer, Waiting> all = new TreeMap<>(waiting);
      all.keySet().removeAll(numbers);
      return new Intake(records, Collections.unmodifiableSortedMap(all), orders);
    }

    Intake withOrder(String participant, Order order) {
      Map<String, Order> all = new LinkedHashMap<>(orders);
      all.remove(participant);
      all.put(participant, order);
      if (all.size() > ORDERS_KEPT) {
        all.remove(all.keySet().iterator().next());
      }
      return new Intake(records, waiting, Collections.unmodifiableMap(all));
    }
  }

  /**
   * How a participant's weights lay.
   *
   * @param based whether they came from a version, rather than from weights of its own
   */
  record Order(boolean based, Permutations permutations) {}

  /** Candidates for versions: how many were begun, and the one that is at work. */
  record Candidates(int begun, Optional<Candidate> present) {}

  /** A federation that was created. */
  record Known(
      Identity identity,
      FederationStatus status,
      Initial initial,
      Intake intake,
      Candidates candidates,
      Lineage lineage,
      Map<String, Trainee> trainees,
      EventLog log)
      implements FederationState {

    @Override
    public Known after(FederationJournalEvent event, FederationBounds bounds) {
      return FederationChange.of(this, event, bounds);
    }

    FederationSettings settings() {
      return identity.settings();
    }

    Waiting waiting(int number) {
      Waiting found = intake.waiting().get(number);
      if (found == null) {
        throw new IllegalStateException("contribution " + number + " does not wait");
      }
      return found;
    }

    Candidate candidate() {
      return candidates
          .present()
          .orElseThrow(() -> new IllegalStateException("there is no candidate"));
    }

    /** What waits and is in no candidate. */
    List<Waiting> free() {
      return intake.waiting().values().stream().filter(one -> !inCandidate(one.number())).toList();
    }

    boolean inCandidate(int number) {
      return candidates.present().map(one -> one.members().contains(number)).orElse(false);
    }

    /** Whether a version is the model that the federation was given to begin with. */
    boolean isInitial(Version version) {
      return version.number() == 1 && settings().initial().isPresent();
    }

    /** The models that must not be thrown away. */
    Set<ModelId> models(FederationBounds bounds) {
      Set<ModelId> named = new HashSet<>(lineage.models(bounds));
      settings().initial().ifPresent(named::add);
      for (Waiting one : intake.waiting().values()) {
        one.models().forEach(named::add);
        base(one.contribution()).ifPresent(named::add);
      }
      candidates.present().ifPresent(one -> one.models().forEach(named::add));
      trainees.values().stream()
          .flatMap(one -> one.training().stream())
          .flatMap(
              one -> one.base().isPresent() ? Stream.of(one.base().getAsInt()) : Stream.empty())
          .flatMap(base -> lineage.find(base).stream())
          .forEach(version -> named.add(version.model()));
      return named;
    }

    /** The model that a contribution began from. */
    Optional<ModelId> base(Contribution contribution) {
      return contribution.base().isPresent()
          ? lineage.find(contribution.base().getAsInt()).map(Version::model)
          : Optional.empty();
    }
  }
}
