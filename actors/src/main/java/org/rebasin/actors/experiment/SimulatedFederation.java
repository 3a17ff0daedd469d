package org.rebasin.actors.experiment;

import akka.actor.typed.ActorSystem;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.SinkQueueWithCancel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.rebasin.actors.federation.Contribution;
import org.rebasin.actors.federation.ContributionView;
import org.rebasin.actors.federation.ContributionView.Outcome;
import org.rebasin.actors.federation.FederationEvent;
import org.rebasin.actors.federation.FederationName;
import org.rebasin.actors.federation.FederationSettings;
import org.rebasin.actors.federation.Federations;
import org.rebasin.actors.federation.Version;
import org.rebasin.actors.node.RebasinNode;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Task;
import org.rebasin.model.data.Seeds;

/**
 * Participants of a real federation in virtual time: each trains from the current version, gives
 * what came of it, and begins again. Contributions are given in the order of virtual time, each
 * when everything that follows from the one before has happened, so that a run depends on nothing
 * but its settings.
 */
final class SimulatedFederation {
  private final Laboratory laboratory;
  private final Federations federations;
  private final ActorSystem<?> system;
  private final FederationName name;
  private final FederationSettings settings;
  private final String title;
  private int expected;

  private final Map<String, ContributionView> contributions = new LinkedHashMap<>();
  private final List<Map<String, Object>> points = new ArrayList<>();

  /**
   * One participant.
   *
   * @param training what makes a contribution; its seed is mixed with the contribution's number
   * @param examples that it has
   * @param attack what it sends instead of what it trained, if it is malicious
   */
  record Participant(
      String name, Task.Train training, double proximal, long examples, Optional<Attack> attack) {}

  /** What a participant does until it is done: a training of some version. */
  private record Underway(
      double end, int participant, int attempt, int contribution, Version base, boolean lost) {}

  /**
   * A federation that is still to be created.
   *
   * @param title what progress is told under
   */
  SimulatedFederation(
      Laboratory laboratory,
      Federations federations,
      ActorSystem<?> system,
      FederationName name,
      FederationSettings settings,
      String title) {
    this.laboratory = laboratory;
    this.federations = federations;
    this.system = system;
    this.name = name;
    this.settings = settings;
    this.title = title;
  }

  /**
   * Runs it to its end.
   *
   * @param times one for each of the participants
   * @param each how many contributions each of them gives
   * @return what came of every contribution, as a document
   */
  Map<String, Object> run(List<Participant> participants, Participants times, int each) {
    expected = participants.size() * each;
    RebasinNode.await(federations.create(name, settings));
    SinkQueueWithCancel<FederationEvent> events =
        federations.events(name, 0).runWith(Sink.queue(), system);
    try {
      PriorityQueue<Underway> underway =
          new PriorityQueue<>(
              Comparator.comparingDouble(Underway::end).thenComparingInt(Underway::participant));
      Version current = firstVersion();
      point(0, current);
      for (int i = 0; i < participants.size(); i++) {
        underway.add(begin(participants, times, i, 0, 0, 0, current));
      }
      while (!underway.isEmpty()) {
        Underway done = underway.poll();
        if (done.lost()) {
          double back =
              done.end()
                  + times
                      .attempt(done.participant(), done.attempt(), images(participants, done))
                      .absence();
          underway.add(
              begin(
                  participants,
                  times,
                  done.participant(),
                  done.attempt() + 1,
                  done.contribution(),
                  back,
                  current));
          continue;
        }
        contribute(participants.get(done.participant()), done, events);
        current = current();
        point(done.end(), current);
        if (done.contribution() + 1 < each) {
          underway.add(
              begin(
                  participants,
                  times,
                  done.participant(),
                  done.attempt() + 1,
                  done.contribution() + 1,
                  done.end(),
                  current));
        }
      }
      RebasinNode.await(federations.close(name));
      return document(participants);
    } finally {
      events.cancel();
    }
  }

  private static long images(List<Participant> participants, Underway done) {
    return images(participants.get(done.participant()));
  }

  private static long images(Participant participant) {
    return participant.examples() * participant.training().settings().epochs();
  }

  private static Underway begin(
      List<Participant> participants,
      Participants times,
      int participant,
      int attempt,
      int contribution,
      double now,
      Version base) {
    Participants.Attempt next =
        times.attempt(participant, attempt, images(participants.get(participant)));
    return new Underway(now + next.time(), participant, attempt, contribution, base, next.lost());
  }

  /** The initial model's version is there as soon as it is evaluated. */
  private Version firstVersion() {
    Optional<Version> first = Optional.empty();
    while (first.isEmpty()) {
      first =
          RebasinNode.await(
              federations.versionOtherThan(
                  name, OptionalInt.empty(), java.time.Duration.ofSeconds(30)));
    }
    return first.get();
  }

  private Version current() {
    return RebasinNode.await(federations.view(name)).orElseThrow().current().orElseThrow();
  }

  private void contribute(
      Participant participant, Underway done, SinkQueueWithCancel<FederationEvent> events) {
    long seed = Seeds.mix(Seeds.mix(settings.seed(), participant.name()), done.attempt());
    Task.Train task = participant.training().with(participant.training().settings().withSeed(seed));
    ModelId trained =
        laboratory.trainOnce(task.from(done.base().model(), participant.proximal())).model();
    ModelId sent =
        participant
            .attack()
            .map(attack -> attack.write(laboratory.store(), trained, seed))
            .orElse(trained);
    ContributionView accepted =
        RebasinNode.await(
            federations.contribute(
                name,
                new Contribution(
                    participant.name(),
                    OptionalInt.of(done.base().number()),
                    participant.examples(),
                    sent,
                    Map.of())));
    settle(accepted.id(), events);
    laboratory.tell(
        title + ": contribution",
        points.size(),
        expected,
        contributions.get(accepted.id()).outcome().text().replace('_', ' '));
  }

  /** Waits until nothing more follows from a contribution before the next one comes. */
  private void settle(String id, SinkQueueWithCancel<FederationEvent> events) {
    while (outcome(id) == Outcome.ACCEPTED) {
      next(events);
    }
    Set<String> buffered =
        contributions.values().stream()
            .filter(view -> view.outcome() == Outcome.BUFFERED)
            .map(ContributionView::id)
            .collect(Collectors.toCollection(HashSet::new));
    if (buffered.size() >= settings.buffer()) {
      while (buffered.stream().anyMatch(each -> outcome(each) == Outcome.BUFFERED)) {
        next(events);
      }
    }
  }

  private Outcome outcome(String id) {
    return contributions.containsKey(id) ? contributions.get(id).outcome() : Outcome.ACCEPTED;
  }

  private void next(SinkQueueWithCancel<FederationEvent> events) {
    FederationEvent event =
        RebasinNode.await(events.pull())
            .orElseThrow(
                () -> new IllegalStateException("federation " + name + " ended before its run"));
    if (event.what() instanceof FederationEvent.ContributionMoved moved) {
      contributions.put(moved.contribution().id(), moved.contribution());
    }
  }

  private void point(double time, Version version) {
    Map<String, Object> point = new LinkedHashMap<>();
    point.put("contributions", points.size());
    point.put("time", time);
    point.put("version", version.number());
    point.put("accuracy", version.score().accuracy());
    point.put("loss", version.score().loss());
    points.add(point);
  }

  private Map<String, Object> document(List<Participant> participants) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("points", points);
    Map<String, Object> outcomes = new LinkedHashMap<>();
    for (Participant participant : participants) {
      List<ContributionView> own =
          contributions.values().stream()
              .filter(view -> view.contribution().participant().equals(participant.name()))
              .toList();
      Map<String, Long> counts =
          own.stream()
              .collect(
                  Collectors.groupingBy(
                      view -> view.outcome().text(), TreeMap::new, Collectors.counting()));
      Map<String, Object> entry = new LinkedHashMap<>();
      participant.attack().ifPresent(attack -> entry.put("attack", attack.text()));
      entry.put("examples", participant.examples());
      entry.put("outcomes", counts);
      entry.put(
          "reasons",
          own.stream().flatMap(view -> view.reason().stream()).distinct().limit(3).toList());
      outcomes.put(participant.name(), entry);
    }
    document.put("participants", outcomes);
    return document;
  }
}
