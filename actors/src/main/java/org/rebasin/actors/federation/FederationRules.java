package org.rebasin.actors.federation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.rebasin.actors.federation.FederationJournalEvent.CandidateBegun;
import org.rebasin.actors.federation.FederationJournalEvent.CandidateRefused;
import org.rebasin.actors.federation.FederationJournalEvent.Published;
import org.rebasin.actors.federation.FederationJournalEvent.Quarantined;
import org.rebasin.actors.federation.FederationJournalEvent.SetAside;
import org.rebasin.actors.federation.FederationJournalEvent.TrainingBegun;
import org.rebasin.actors.federation.FederationSettings.Participant;
import org.rebasin.actors.federation.FederationState.Known;
import org.rebasin.model.evaluation.Score;

/**
 * What a federation decides by itself: a function of its state and of the time. What follows from a
 * decision is decided next, so that a federation that stopped between two of them goes on.
 */
record FederationRules(Known state) {
  private static final Duration LEAST_RETRY = Duration.ofSeconds(1);
  private static final int VERSIONS_OF_PACE = 5;

  /** Events with all that is decided because of them. */
  static List<FederationJournalEvent> decided(
      FederationState before,
      List<FederationJournalEvent> events,
      FederationBounds bounds,
      Instant now) {
    List<FederationJournalEvent> all = new ArrayList<>(events);
    FederationState after = before;
    for (FederationJournalEvent event : events) {
      after = after.after(event, bounds);
    }
    for (Optional<FederationJournalEvent> next = new FederationRules((Known) after).next(now);
        next.isPresent();
        next = new FederationRules((Known) after).next(now)) {
      all.add(next.get());
      after = after.after(next.get(), bounds);
    }
    return all;
  }

  /** The next decision; empty if everything waits for something. */
  Optional<FederationJournalEvent> next(Instant now) {
    if (state.status() != FederationStatus.OPEN || plan().awaitsInitial()) {
      return Optional.empty();
    }
    return state
        .candidates()
        .present()
        .map(candidate -> judge(candidate, now))
        .orElseGet(() -> begin(now))
        .or(() -> train(now));
  }

  private FederationPlan plan() {
    return new FederationPlan(state);
  }

  private FederationSettings settings() {
    return state.settings();
  }

  private Optional<FederationJournalEvent> begin(Instant now) {
    List<Waiting> ready = plan().buffered();
    int count = Math.min(ready.size(), settings().buffer());
    boolean due =
        count == settings().buffer() || patienceEnds().map(end -> !end.isAfter(now)).orElse(false);
    return due ? Optional.of(begun(ready.subList(0, count), now)) : Optional.empty();
  }

  private CandidateBegun begun(List<Waiting> members, Instant now) {
    return new CandidateBegun(
        state.candidates().begun() + 1, members.stream().map(Waiting::number).toList(), false, now);
  }

  /** When a version is made of what there is; empty if there is nothing, or one is being made. */
  Optional<Instant> patienceEnds() {
    if (state.status() != FederationStatus.OPEN || state.candidates().present().isPresent()) {
      return Optional.empty();
    }
    return plan().buffered().stream()
        .map(one -> one.ready().orElseThrow())
        .min(Instant::compareTo)
        .map(first -> first.plus(settings().patience()));
  }

  private Optional<FederationJournalEvent> judge(Candidate candidate, Instant now) {
    if (plan().examinesFirst(candidate)) {
      return harmful(candidate, settings().gate().contributionMargin(), now)
          .or(() -> candidate.examinedAll() ? Optional.of(rest(candidate, now)) : Optional.empty());
    }
    if (candidate.score().isEmpty()) {
      return Optional.empty();
    }
    Score score = candidate.score().get();
    double margin = settings().gate().margin();
    if (!candidate.refused()) {
      return Optional.of(
          passes(score, margin)
              ? new Published(new VersionMaking(state).version(candidate, score, now))
              : new CandidateRefused(candidate.number(), score.accuracy(), required(), now));
    }
    if (candidate.examined()) {
      return Optional.of(aside(candidate, score, now));
    }
    if (candidate.begun() == 1) {
      double alone = settings().gate().contributionMargin();
      double allowed = alone < 1 ? Math.max(margin, alone) : margin;
      return Optional.of(
          passes(score, allowed)
              ? aside(candidate, score, now)
              : quarantine(candidate.members().get(0), score, allowed, now));
    }
    Optional<FederationJournalEvent> harmful = harmful(candidate, margin, now);
    if (harmful.isPresent() || !candidate.examinedAll()) {
      return harmful;
    }
    return Optional.of(
        candidate.members().size() == candidate.begun()
            ? aside(candidate, score, now)
            : rest(candidate, now));
  }

  /** A contribution with which alone the accuracy falls by more than a margin. */
  private Optional<FederationJournalEvent> harmful(
      Candidate candidate, double margin, Instant now) {
    for (int member : candidate.members()) {
      Optional<Score> alone = candidate.aloneScore(member);
      if (alone.isPresent() && !passes(alone.get(), margin)) {
        return Optional.of(quarantine(member, alone.get(), margin, now));
      }
    }
    return Optional.empty();
  }

  private CandidateBegun rest(Candidate candidate, Instant now) {
    return new CandidateBegun(state.candidates().begun() + 1, candidate.members(), true, now);
  }

  private SetAside aside(Candidate candidate, Score score, Instant now) {
    return new SetAside(
        candidate.members(),
        shortfall(
            score,
            settings().gate().margin(),
            candidate.members().size() == 1
                ? "with this contribution"
                : "with these contributions together"),
        now);
  }

  private Quarantined quarantine(int member, Score score, double margin, Instant now) {
    return new Quarantined(member, shortfall(score, margin, "with this contribution alone"), now);
  }

  /** What a candidate's accuracy must be at least; 0 before there is a version. */
  double required() {
    return required(settings().gate().margin());
  }

  private double required(double margin) {
    return state
        .lineage()
        .currentVersion()
        .map(version -> Math.max(0, version.score().accuracy() - margin))
        .orElse(0.0);
  }

  private boolean passes(Score score, double margin) {
    return Double.isFinite(score.loss()) && score.accuracy() >= required(margin);
  }

  private String shortfall(Score score, double margin, String with) {
    Optional<Version> current = state.lineage().currentVersion();
    if (current.isEmpty() || score.accuracy() >= required(margin)) {
      return "the loss is not finite " + with;
    }
    return String.format(
        Locale.ROOT,
        "accuracy falls from %s to %s %s; at most %.1f points allowed",
        percent(current.get().score().accuracy()),
        percent(score.accuracy()),
        with,
        100 * margin);
  }

  private static String percent(double part) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * part);
  }

  private Optional<FederationJournalEvent> train(Instant now) {
    OptionalInt base = state.lineage().current();
    for (Participant participant : settings().participants()) {
      Trainee trainee = state.trainees().get(participant.name());
      boolean idle =
          trainee.examples().isPresent()
              && trainee.training().isEmpty()
              && trainee.failure().isEmpty();
      boolean more =
          participant.contributions() == 0 || trainee.done() < participant.contributions();
      // Without a version each gives one model of its own, and waits for what they come to.
      if (idle && more && !full() && (base.isPresent() || trainee.done() == 0)) {
        return Optional.of(new TrainingBegun(participant.name(), trainee.begun() + 1, base, now));
      }
    }
    return Optional.empty();
  }

  /** Whether as many contributions wait as may. */
  boolean full() {
    return state.free().size() >= settings().buffer() + settings().pending();
  }

  /** When another contribution may find room: as long as a version took of late. */
  Duration retryAfter() {
    List<Version> versions = state.lineage().versions();
    List<Version> latest =
        versions.subList(Math.max(0, versions.size() - VERSIONS_OF_PACE), versions.size());
    Duration pace =
        latest.size() < 2
            ? LEAST_RETRY.multipliedBy(10)
            : Duration.between(latest.get(0).published(), latest.get(latest.size() - 1).published())
                .dividedBy(latest.size() - 1L);
    Duration most = settings().patience();
    Duration bounded = pace.compareTo(most) > 0 ? most : pace;
    return bounded.compareTo(LEAST_RETRY) < 0 ? LEAST_RETRY : bounded;
  }
}
