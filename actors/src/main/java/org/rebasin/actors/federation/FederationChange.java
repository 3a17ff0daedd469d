package org.rebasin.actors.federation;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import org.rebasin.actors.federation.ContributionView.Outcome;
import org.rebasin.actors.federation.FederationJournalEvent.Accepted;
import org.rebasin.actors.federation.FederationJournalEvent.Aligned;
import org.rebasin.actors.federation.FederationJournalEvent.AloneAggregated;
import org.rebasin.actors.federation.FederationJournalEvent.AloneEvaluated;
import org.rebasin.actors.federation.FederationJournalEvent.CandidateAggregated;
import org.rebasin.actors.federation.FederationJournalEvent.CandidateBegun;
import org.rebasin.actors.federation.FederationJournalEvent.CandidateCorrected;
import org.rebasin.actors.federation.FederationJournalEvent.CandidateEvaluated;
import org.rebasin.actors.federation.FederationJournalEvent.CandidateOrdered;
import org.rebasin.actors.federation.FederationJournalEvent.CandidateRefused;
import org.rebasin.actors.federation.FederationJournalEvent.Collected;
import org.rebasin.actors.federation.FederationJournalEvent.ExamplesCounted;
import org.rebasin.actors.federation.FederationJournalEvent.InitialRefused;
import org.rebasin.actors.federation.FederationJournalEvent.InitialScreened;
import org.rebasin.actors.federation.FederationJournalEvent.ParticipantFailed;
import org.rebasin.actors.federation.FederationJournalEvent.Published;
import org.rebasin.actors.federation.FederationJournalEvent.Quarantined;
import org.rebasin.actors.federation.FederationJournalEvent.RolledBack;
import org.rebasin.actors.federation.FederationJournalEvent.Screened;
import org.rebasin.actors.federation.FederationJournalEvent.SetAside;
import org.rebasin.actors.federation.FederationJournalEvent.StatusChanged;
import org.rebasin.actors.federation.FederationJournalEvent.Trained;
import org.rebasin.actors.federation.FederationJournalEvent.TrainingBegun;
import org.rebasin.actors.federation.FederationState.Known;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Strategy;
import org.rebasin.model.permutation.Permutations;

/** One change of a federation, while it is made. */
final class FederationChange {
  private static final String SUPERSEDED =
      "a newer contribution of the same participant counts in its place";

  private final Known before;
  private final Instant at;
  private final FederationBounds bounds;
  private final List<FederationEvent.What> news = new ArrayList<>();
  private FederationStatus status;
  private FederationState.Initial initial;
  private FederationState.Intake intake;
  private FederationState.Candidates candidates;
  private Lineage lineage;
  private Map<String, Trainee> trainees;

  private FederationChange(Known before, Instant at, FederationBounds bounds) {
    this.before = before;
    this.at = at;
    this.bounds = bounds;
    status = before.status();
    initial = before.initial();
    intake = before.intake();
    candidates = before.candidates();
    lineage = before.lineage();
    trainees = before.trainees();
  }

  /** The state after an event. */
  static Known of(Known before, FederationJournalEvent event, FederationBounds bounds) {
    FederationChange change = new FederationChange(before, event.at(), bounds);
    if (event instanceof InitialScreened) {
      change.initial = new FederationState.Initial(true, Optional.empty());
    } else if (event instanceof InitialRefused refused) {
      change.initial = new FederationState.Initial(false, Optional.of(refused.reason()));
      change.close();
    } else if (event instanceof Accepted accepted) {
      change.accept(accepted.contribution());
    } else if (event instanceof Screened screened) {
      change.screened(before.waiting(screened.contribution()));
    } else if (event instanceof Collected collected) {
      change.intake =
          before
              .intake()
              .with(
                  before
                      .waiting(collected.contribution())
                      .withMoments(collected.shard(), collected.moments()));
    } else if (event instanceof Aligned aligned) {
      change.aligned(before.waiting(aligned.contribution()), aligned.permutations());
    } else if (event instanceof Quarantined quarantined) {
      change.end(List.of(quarantined.contribution()), Outcome.QUARANTINED, quarantined.reason());
    } else if (event instanceof SetAside aside) {
      change.end(aside.contributions(), Outcome.SET_ASIDE, aside.reason());
    } else if (event instanceof CandidateBegun begun) {
      change.begin(begun);
    } else if (event instanceof CandidateOrdered ordered) {
      change.order(ordered.permutations());
    } else if (event instanceof CandidateAggregated made) {
      change.present(before.candidate().withAggregated(made.model(), made.serverState()));
    } else if (event instanceof CandidateCorrected corrected) {
      change.present(before.candidate().withCorrected(corrected.model()));
    } else if (event instanceof CandidateEvaluated evaluated) {
      change.present(before.candidate().withScore(evaluated.score()));
    } else if (event instanceof CandidateRefused refused) {
      change.present(before.candidate().asRefused());
      change.tell(new FederationEvent.CandidateRefused(refused.accuracy(), refused.required()));
    } else if (event instanceof AloneAggregated alone) {
      change.present(
          before
              .candidate()
              .withAlone(
                  alone.contribution(), new Candidate.Alone(alone.model(), Optional.empty())));
    } else if (event instanceof AloneEvaluated alone) {
      ModelId model = before.candidate().aloneModel(alone.contribution()).orElseThrow();
      change.present(
          before
              .candidate()
              .withAlone(
                  alone.contribution(), new Candidate.Alone(model, Optional.of(alone.score()))));
    } else if (event instanceof Published published) {
      change.publish(published.version());
    } else if (event instanceof RolledBack back) {
      change.lineage = before.lineage().backTo(back.version());
      change.candidates =
          new FederationState.Candidates(before.candidates().begun(), Optional.empty());
      change.tell(new FederationEvent.RolledBack(back.version()));
    } else if (event instanceof StatusChanged changed) {
      change.turn(changed.status());
    } else if (event instanceof ExamplesCounted counted) {
      change.trainee(counted.participant(), one -> one.counted(counted.examples()));
    } else if (event instanceof TrainingBegun begun) {
      change.trainee(begun.participant(), one -> one.begin(begun.training(), begun.base()));
    } else if (event instanceof Trained trained) {
      change.trainee(trained.participant(), Trainee::finish);
      change.accept(trained.contribution());
    } else if (event instanceof ParticipantFailed failed) {
      change.trainee(failed.participant(), one -> one.fail(failed.cause()));
    } else {
      throw new IllegalStateException("a federation that exists: found " + event);
    }
    return change.done();
  }

  private Known done() {
    return new Known(
        before.identity(),
        status,
        initial,
        intake,
        candidates,
        lineage,
        trainees,
        news.isEmpty() ? before.log() : before.log().with(news, at, bounds.events()));
  }

  private void tell(FederationEvent.What what) {
    news.add(what);
  }

  private void present(Candidate candidate) {
    candidates = new FederationState.Candidates(candidates.begun(), Optional.of(candidate));
  }

  private void accept(Contribution contribution) {
    ContributionView view =
        new ContributionView(
            contribution.id(),
            contribution,
            at,
            Outcome.ACCEPTED,
            Optional.empty(),
            OptionalInt.empty(),
            OptionalInt.empty());
    ContributionRecords records = intake.records().with(view, bounds);
    intake =
        new FederationState.Intake(records, intake.waiting(), intake.orders())
            .with(Waiting.arrived(records.count(), contribution));
    tell(new FederationEvent.ContributionMoved(view));
  }

  private void screened(Waiting one) {
    FederationSettings settings = before.settings();
    if (settings.alignment().isEmpty() || lineage.currentModel().isEmpty()) {
      ready(one, Optional.empty());
    } else {
      align(one, lineage.currentModel().get());
    }
  }

  private void align(Waiting one, ModelId reference) {
    boolean based = one.contribution().base().isPresent();
    Optional<Permutations> start =
        Optional.ofNullable(intake.orders().get(one.contribution().participant()))
            .filter(order -> order.based() == based)
            .map(FederationState.Order::permutations);
    intake = intake.with(one.aligning(reference, start));
  }

  private void aligned(Waiting one, Permutations permutations) {
    boolean based = one.contribution().base().isPresent();
    intake =
        intake.withOrder(
            one.contribution().participant(), new FederationState.Order(based, permutations));
    ready(one, Optional.of(permutations));
  }

  private void ready(Waiting one, Optional<Permutations> permutations) {
    intake = intake.with(one.ready(permutations, at));
    if (intake.records().get(one.number()).outcome() == Outcome.ACCEPTED) {
      note(List.of(one.number()), view -> view.to(Outcome.BUFFERED, Optional.empty()));
    }
  }

  private void note(Collection<Integer> numbers, UnaryOperator<ContributionView> change) {
    intake = intake.noting(numbers, change);
    numbers.forEach(
        number -> tell(new FederationEvent.ContributionMoved(intake.records().get(number))));
  }

  private void end(List<Integer> numbers, Outcome outcome, String reason) {
    note(numbers, view -> view.to(outcome, Optional.of(reason)));
    intake = intake.without(numbers);
    for (int number : numbers) {
      candidates.present().ifPresent(candidate -> present(candidate.without(number)));
    }
    if (candidates.present().map(candidate -> candidate.members().isEmpty()).orElse(false)) {
      candidates = new FederationState.Candidates(candidates.begun(), Optional.empty());
    }
  }

  private void begin(CandidateBegun begun) {
    FederationSettings settings = before.settings();
    List<Integer> members = begun.contributions();
    boolean first = lineage.current().isEmpty();
    boolean together =
        first
            && !begun.examined()
            && settings.alignment().isPresent()
            && members.size() > 1
            && settings.first() != Strategy.TO_REFERENCE;
    candidates =
        new FederationState.Candidates(
            begun.candidate(),
            Optional.of(
                Candidate.begin(
                    begun.candidate(), lineage.current(), members, begun.examined(), !together)));
    if (first && !begun.examined() && settings.alignment().isPresent() && !together) {
      ModelId reference = intake.waiting().get(members.get(0)).contribution().model();
      members.stream().skip(1).forEach(one -> align(intake.waiting().get(one), reference));
    }
  }

  private void order(List<Permutations> permutations) {
    Candidate candidate = before.candidate();
    for (int i = 0; i < permutations.size(); i++) {
      aligned(intake.waiting().get(candidate.members().get(i)), permutations.get(i));
    }
    present(candidate.inOrder());
  }

  private void publish(Version version) {
    Optional<Lineage.Recipe> recipe =
        candidates
            .present()
            .map(candidate -> new VersionMaking(before).recipe(candidate, version.number()));
    List<Integer> members = candidates.present().map(Candidate::members).orElse(List.of());
    List<Integer> counted =
        candidates.present().map(new VersionMaking(before)::counted).orElse(List.of());
    OptionalInt parent =
        candidates
            .present()
            .flatMap(one -> one.parent().isPresent() ? Optional.of(one.parent()) : Optional.empty())
            .orElse(OptionalInt.empty());
    boolean first = lineage.current().isEmpty();
    note(
        counted,
        view ->
            view.mergedInto(
                version.number(), lineage.staleness(parent, view.contribution().base())));
    note(
        members.stream().filter(member -> !counted.contains(member)).toList(),
        view -> view.to(Outcome.SET_ASIDE, Optional.of(SUPERSEDED)));
    intake = intake.without(members);
    candidates = new FederationState.Candidates(candidates.begun(), Optional.empty());
    lineage = lineage.with(version, recipe, bounds);
    if (first) {
      // They were looked at without a global model, and are in no order yet.
      intake
          .waiting()
          .values()
          .forEach(one -> intake = intake.with(Waiting.arrived(one.number(), one.contribution())));
    }
    tell(new FederationEvent.Published(version));
  }

  private void turn(FederationStatus to) {
    if (to == FederationStatus.CLOSED) {
      close();
      return;
    }
    status = to;
    if (to == FederationStatus.OPEN) {
      before.trainees().keySet().forEach(name -> trainee(name, Trainee::forgive));
    }
    tell(new FederationEvent.StatusChanged(to));
  }

  private void close() {
    status = FederationStatus.CLOSED;
    end(
        List.copyOf(intake.waiting().keySet()),
        Outcome.SET_ASIDE,
        "the federation was closed before the contribution was part of a version");
    candidates = new FederationState.Candidates(candidates.begun(), Optional.empty());
    before.trainees().keySet().forEach(name -> trainee(name, Trainee::stop));
    tell(new FederationEvent.StatusChanged(status));
  }

  private void trainee(String participant, UnaryOperator<Trainee> change) {
    Map<String, Trainee> all = new LinkedHashMap<>(trainees);
    all.compute(participant, (name, one) -> change.apply(one));
    trainees = Collections.unmodifiableMap(all);
  }
}
