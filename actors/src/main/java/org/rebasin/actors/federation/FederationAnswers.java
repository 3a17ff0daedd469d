package org.rebasin.actors.federation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.rebasin.actors.federation.ContributionView.Outcome;
import org.rebasin.actors.federation.Federation.Reply;
import org.rebasin.actors.federation.FederationRefusedException.Reason;
import org.rebasin.actors.federation.FederationState.Known;

/** What a federation answers, by its state alone. */
record FederationAnswers(Known state, FederationBounds bounds) {
  /** Keeps answers well below the longest message, whatever versions are made of. */
  private static final int MOST_INGREDIENTS = 4000;

  /** Why something cannot be; empty if it can, or asks for nothing to be changed. */
  Optional<Reply> refusal(Federation.Question question) {
    FederationName name = state.identity().name();
    boolean closed = state.status() == FederationStatus.CLOSED;
    if (question instanceof Federation.Create create
        && !create.settings().equals(state.settings())) {
      return refused(
          Reason.CONFLICT, "there is a federation %s with other settings".formatted(name));
    } else if (question instanceof Federation.Contribute contribute) {
      return refusal(contribute.contribution());
    } else if (question instanceof Federation.Turn turn
        && closed
        && turn.to() != FederationStatus.CLOSED) {
      return refused(Reason.CONFLICT, "federation %s is closed".formatted(name));
    } else if (question instanceof Federation.Rollback rollback) {
      return refusal(rollback.version());
    } else if (question instanceof Federation.Reproduce reproduce) {
      Optional<Version> version = state.lineage().find(reproduce.version());
      if (version.isEmpty()) {
        return noVersion(reproduce.version());
      } else if (!state.isInitial(version.get())
          && state.lineage().recipe(version.get().number()).isEmpty()) {
        return refused(
            Reason.CONFLICT,
            "federation %s no longer keeps what version %d was made from: it does so of the newest %d"
                .formatted(name, reproduce.version(), bounds.reproducible()));
      }
    }
    return Optional.empty();
  }

  private Optional<Reply> noVersion(int version) {
    return refused(
        Reason.UNKNOWN,
        "federation %s has no version %d".formatted(state.identity().name(), version));
  }

  private Optional<Reply> refusal(int rollback) {
    FederationName name = state.identity().name();
    if (state.lineage().find(rollback).isEmpty()) {
      return noVersion(rollback);
    } else if (state.lineage().current().equals(OptionalInt.of(rollback))) {
      return Optional.empty();
    } else if (state.status() == FederationStatus.CLOSED) {
      return refused(Reason.CONFLICT, "federation %s is closed".formatted(name));
    }
    return state.lineage().keeps(rollback, bounds)
        ? Optional.empty()
        : refused(
            Reason.CONFLICT,
            "federation %s no longer keeps the model of version %d: it does so of the newest %d"
                .formatted(name, rollback, bounds.versions()));
  }

  private Optional<Reply> refusal(Contribution contribution) {
    String id = contribution.id();
    if (state.intake().records().find(id).isPresent()) {
      return Optional.empty();
    } else if (state.intake().records().older().contains(id)) {
      return refused(Reason.CONFLICT, "contribution %s was given long ago".formatted(id));
    } else if (state.status() != FederationStatus.OPEN) {
      return refused(
          Reason.CONFLICT,
          "federation %s is %s".formatted(state.identity().name(), state.status().text()));
    }
    OptionalInt base = contribution.base();
    if (base.isPresent() && state.lineage().find(base.getAsInt()).isEmpty()) {
      return refused(
          Reason.INVALID,
          "base version: expected one of %d versions, found %d"
              .formatted(state.lineage().versions().size(), base.getAsInt()));
    } else if (base.isPresent() && !state.lineage().keeps(base.getAsInt(), bounds)) {
      return refused(
          Reason.INVALID,
          "base version: expected one of the newest %d or the current one, found %d"
              .formatted(bounds.versions(), base.getAsInt()));
    }
    FederationRules rules = new FederationRules(state);
    if (rules.full()) {
      Duration retry = rules.retryAfter();
      return Optional.of(
          new Federation.Refused(
              Reason.FULL,
              "%d contributions wait, no more may; try again in %d s"
                  .formatted(state.free().size(), retry.toSeconds()),
              retry));
    }
    return Optional.empty();
  }

  /** What happens because of a question that is not refused; empty if nothing does. */
  Optional<FederationJournalEvent> event(Federation.Question question, Instant at) {
    if (question instanceof Federation.Contribute contribute) {
      return state.intake().records().find(contribute.contribution().id()).isPresent()
          ? Optional.empty()
          : Optional.of(new FederationJournalEvent.Accepted(contribute.contribution(), at));
    } else if (question instanceof Federation.Turn turn) {
      return turn.to() == state.status()
          ? Optional.empty()
          : Optional.of(new FederationJournalEvent.StatusChanged(turn.to(), at));
    } else if (question instanceof Federation.Rollback rollback) {
      return state.lineage().current().equals(OptionalInt.of(rollback.version()))
          ? Optional.empty()
          : Optional.of(new FederationJournalEvent.RolledBack(rollback.version(), at));
    }
    return Optional.empty();
  }

  private static Optional<Reply> refused(Reason reason, String message) {
    return Optional.of(new Federation.Refused(reason, message));
  }

  Reply to(Federation.Question question) {
    if (question instanceof Federation.Contribute contribute) {
      return contribution(contribute.contribution().id());
    } else if (question instanceof Federation.FindContribution find) {
      return contribution(find.id());
    } else if (question instanceof Federation.PageContributions page) {
      return new Federation.Contributions(
          state.intake().records().page(page.after(), page.limit()));
    } else if (question instanceof Federation.FindVersion find) {
      return new Federation.Versions(state.lineage().find(find.number()).stream().toList());
    } else if (question instanceof Federation.PageVersions page) {
      return new Federation.Versions(versions(page.before(), page.limit()));
    } else if (question instanceof Federation.NamedModels) {
      return new Federation.Named(state.models(bounds));
    }
    return new Federation.Viewed(view());
  }

  private Reply contribution(String id) {
    return new Federation.Contributions(state.intake().records().find(id).stream().toList());
  }

  private List<Version> versions(OptionalInt before, int limit) {
    List<Version> all = state.lineage().versions();
    List<Version> page = new ArrayList<>();
    int ingredients = 0;
    int last = Math.min(all.size(), before.orElse(Integer.MAX_VALUE) - 1);
    for (int number = last; number >= 1 && page.size() < limit; number--) {
      Version version = all.get(number - 1);
      ingredients += version.ingredients().size();
      if (ingredients > MOST_INGREDIENTS && !page.isEmpty()) {
        break;
      }
      page.add(version);
    }
    return page;
  }

  FederationView view() {
    Map<Outcome, Long> outcomes = new EnumMap<>(Outcome.class);
    for (Outcome outcome : Outcome.values()) {
      outcomes.put(outcome, state.intake().records().outcomes().getOrDefault(outcome, 0L));
    }
    return new FederationView(
        state.identity().name(),
        state.settings(),
        state.status(),
        state.identity().created(),
        state.lineage().currentVersion(),
        state.lineage().versions().size(),
        outcomes,
        activity());
  }

  private String activity() {
    Optional<String> refusal = state.initial().refusal();
    if (refusal.isPresent()) {
      return "closed: " + refusal.get();
    } else if (state.status() != FederationStatus.OPEN) {
      return state.status().text();
    } else if (new FederationPlan(state).awaitsInitial()) {
      return "looks at the initial model";
    }
    List<String> all = new ArrayList<>();
    state.candidates().present().ifPresent(candidate -> all.add(activity(candidate)));
    int buffered = new FederationPlan(state).buffered().size();
    all.add("%d of %d contributions buffered".formatted(buffered, state.settings().buffer()));
    long coming = state.free().size() - buffered;
    if (coming > 0) {
      all.add("%d on their way".formatted(coming));
    }
    state
        .trainees()
        .forEach(
            (name, one) -> {
              one.training().ifPresent(training -> all.add(name + " trains"));
              one.failure().ifPresent(cause -> all.add(name + " stopped until resumed: " + cause));
            });
    return String.join("; ", all);
  }

  private static String activity(Candidate candidate) {
    String what;
    if (candidate.refused()) {
      what = "examines %d contributions one by one";
    } else if (candidate.model().isPresent()) {
      what = "evaluates a version of %d contributions";
    } else {
      what = "aggregates %d contributions";
    }
    return what.formatted(candidate.members().size());
  }
}
