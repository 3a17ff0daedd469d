package org.rebasin.actors.federation;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.rebasin.actors.store.ModelId;
import org.rebasin.model.evaluation.Score;

/**
 * What may become a version. Immutable.
 *
 * @param number of all candidates of the federation, from 1
 * @param parent the version that it continues; empty for the first
 * @param begun how many contributions it was begun with
 * @param members the contributions that it is made of, in order
 * @param examined whether they were looked at one by one before
 * @param ordered whether nothing more is to be done for a common order than what each member waits
 *     for by itself
 * @param aggregated its weights, uncorrected
 * @param corrected its weights, if corrected
 * @param refused whether it was found not to be good enough
 * @param alone what each member comes to by itself, as far as known
 */
record Candidate(
    int number,
    OptionalInt parent,
    int begun,
    List<Integer> members,
    boolean examined,
    boolean ordered,
    Optional<ModelId> aggregated,
    Optional<ModelId> serverState,
    Optional<ModelId> corrected,
    Optional<Score> score,
    boolean refused,
    SortedMap<Integer, Alone> alone) {
  /** What one contribution comes to by itself. */
  record Alone(ModelId model, Optional<Score> score) {}

  static Candidate begin(
      int number, OptionalInt parent, List<Integer> members, boolean examined, boolean ordered) {
    return new Candidate(
        number,
        parent,
        members.size(),
        List.copyOf(members),
        examined,
        ordered,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false,
        Collections.emptySortedMap());
  }

  /** The weights to be evaluated and published. */
  Optional<ModelId> model() {
    return corrected.or(() -> aggregated);
  }

  Candidate inOrder() {
    return with(members, true, aggregated, serverState, corrected, score, refused, alone);
  }

  Candidate without(int member) {
    List<Integer> rest = members.stream().filter(number -> number != member).toList();
    return with(rest, ordered, aggregated, serverState, corrected, score, refused, alone);
  }

  Candidate withAggregated(ModelId model, Optional<ModelId> state) {
    return with(members, ordered, Optional.of(model), state, corrected, score, refused, alone);
  }

  Candidate withCorrected(ModelId model) {
    return with(
        members, ordered, aggregated, serverState, Optional.of(model), score, refused, alone);
  }

  Candidate withScore(Score found) {
    return with(
        members, ordered, aggregated, serverState, corrected, Optional.of(found), refused, alone);
  }

  Candidate asRefused() {
    return with(members, ordered, aggregated, serverState, corrected, score, true, alone);
  }

  Candidate withAlone(int member, Alone found) {
    SortedMap<Integer, Alone> all = new TreeMap<>(alone);
    all.put(member, found);
    return with(
        members,
        ordered,
        aggregated,
        serverState,
        corrected,
        score,
        refused,
        Collections.unmodifiableSortedMap(all));
  }

  private Candidate with(
      List<Integer> who,
      boolean inOrder,
      Optional<ModelId> weights,
      Optional<ModelId> state,
      Optional<ModelId> better,
      Optional<Score> found,
      boolean bad,
      SortedMap<Integer, Alone> each) {
    return new Candidate(
        number, parent, begun, who, examined, inOrder, weights, state, better, found, bad, each);
  }

  /** Whether every member was evaluated by itself. */
  boolean examinedAll() {
    return members.stream().allMatch(member -> aloneScore(member).isPresent());
  }

  Optional<Score> aloneScore(int member) {
    return Optional.ofNullable(alone.get(member)).flatMap(Alone::score);
  }

  Optional<ModelId> aloneModel(int member) {
    return Optional.ofNullable(alone.get(member)).map(Alone::model);
  }

  /** Every model that was made for it. */
  Stream<ModelId> models() {
    return Stream.of(
            aggregated.stream(),
            serverState.stream(),
            corrected.stream(),
            alone.values().stream().map(Alone::model))
        .flatMap(each -> each);
  }
}
