package org.rebasin.actors.federation;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.rebasin.actors.federation.ContributionView.Outcome;

/**
 * What became of a federation's contributions: the records of the newest, and which older ones
 * there were. Immutable; a change costs O(records).
 *
 * @param count how many there were
 * @param byNumber the newest, by their number
 * @param older those whose records are gone
 * @param outcomes how many have each outcome
 */
record ContributionRecords(
    int count,
    SortedMap<Integer, ContributionView> byNumber,
    ContributionIds older,
    Map<Outcome, Long> outcomes) {
  static final ContributionRecords NONE =
      new ContributionRecords(0, Collections.emptySortedMap(), ContributionIds.NONE, Map.of());

  /** One more. */
  ContributionRecords with(ContributionView added, FederationBounds bounds) {
    SortedMap<Integer, ContributionView> all = new TreeMap<>(byNumber);
    all.put(count + 1, added);
    ContributionIds gone = older;
    // A tenth at once: sorting them in costs O(older).
    int most = bounds.contributions() + bounds.contributions() / 10;
    if (all.size() > most) {
      List<Map.Entry<Integer, ContributionView>> leaving =
          all.entrySet().stream()
              .filter(entry -> ended(entry.getValue()))
              .limit(all.size() - bounds.contributions())
              .toList();
      gone = older.with(leaving.stream().map(entry -> entry.getValue().id()).toList());
      leaving.forEach(entry -> all.remove(entry.getKey()));
    }
    return new ContributionRecords(
        count + 1,
        Collections.unmodifiableSortedMap(all),
        gone,
        counted(Map.of(added.outcome(), 1L)));
  }

  private static boolean ended(ContributionView view) {
    return view.outcome() != Outcome.ACCEPTED && view.outcome() != Outcome.BUFFERED;
  }

  /** With some of them changed. */
  ContributionRecords change(Collection<Integer> numbers, UnaryOperator<ContributionView> change) {
    SortedMap<Integer, ContributionView> all = new TreeMap<>(byNumber);
    Map<Outcome, Long> difference = new EnumMap<>(Outcome.class);
    for (int number : numbers) {
      ContributionView before = all.get(number);
      ContributionView after = change.apply(before);
      all.put(number, after);
      difference.merge(before.outcome(), -1L, Long::sum);
      difference.merge(after.outcome(), 1L, Long::sum);
    }
    return new ContributionRecords(
        count, Collections.unmodifiableSortedMap(all), older, counted(difference));
  }

  private Map<Outcome, Long> counted(Map<Outcome, Long> difference) {
    Map<Outcome, Long> sum = new EnumMap<>(Outcome.class);
    sum.putAll(outcomes);
    difference.forEach((outcome, more) -> sum.merge(outcome, more, Long::sum));
    sum.values().removeIf(number -> number == 0);
    return Collections.unmodifiableMap(sum);
  }

  ContributionView get(int number) {
    return byNumber.get(number);
  }

  /** O(records). */
  Optional<ContributionView> find(String id) {
    return byNumber.values().stream().filter(view -> view.id().equals(id)).findFirst();
  }

  /** The newest first; empty behind one that is not known. */
  List<ContributionView> page(Optional<String> after, int limit) {
    NavigableMap<Integer, ContributionView> from = new TreeMap<>(byNumber);
    if (after.isPresent()) {
      Optional<Integer> last =
          byNumber.entrySet().stream()
              .filter(entry -> entry.getValue().id().equals(after.get()))
              .map(Map.Entry::getKey)
              .findFirst();
      from = from.headMap(last.orElse(0), false);
    }
    return new ArrayList<>(from.descendingMap().values()).stream().limit(limit).toList();
  }
}
