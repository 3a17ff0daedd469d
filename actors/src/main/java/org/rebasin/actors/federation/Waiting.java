package org.rebasin.actors.federation;

import java.time.Instant;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.rebasin.actors.store.ModelId;
import org.rebasin.model.permutation.Permutations;

/**
 * A contribution that has come to nothing yet. Immutable.
 *
 * @param number in the order in which they were accepted, from 1
 * @param reference what it is aligned to; empty before that is known, and where it is not aligned
 * @param start the permutations that its alignment begins with, if any
 * @param moments of its alignment, by shard
 * @param permutations that came of it
 * @param ready since when it waits for a version
 */
record Waiting(
    int number,
    Contribution contribution,
    Stage stage,
    Optional<ModelId> reference,
    Optional<Permutations> start,
    SortedMap<Integer, ModelId> moments,
    Optional<Permutations> permutations,
    Optional<Instant> ready) {
  /** How far it is. */
  enum Stage {
    /** To be looked at. */
    ARRIVED,
    /** To be aligned. */
    SCREENED,
    /** In the buffer. */
    READY
  }

  static Waiting arrived(int number, Contribution contribution) {
    return new Waiting(
        number,
        contribution,
        Stage.ARRIVED,
        Optional.empty(),
        Optional.empty(),
        Collections.emptySortedMap(),
        Optional.empty(),
        Optional.empty());
  }

  /** To be aligned to a model. */
  Waiting aligning(ModelId to, Optional<Permutations> from) {
    return new Waiting(
        number,
        contribution,
        Stage.SCREENED,
        Optional.of(to),
        from,
        Collections.emptySortedMap(),
        Optional.empty(),
        ready);
  }

  Waiting withMoments(int shard, ModelId measured) {
    SortedMap<Integer, ModelId> all = new TreeMap<>(moments);
    all.put(shard, measured);
    return new Waiting(
        number,
        contribution,
        stage,
        reference,
        start,
        Collections.unmodifiableSortedMap(all),
        permutations,
        ready);
  }

  /** In the buffer; for the first time, or since it was. */
  Waiting ready(Optional<Permutations> found, Instant at) {
    return new Waiting(
        number,
        contribution,
        Stage.READY,
        Optional.empty(),
        Optional.empty(),
        Collections.emptySortedMap(),
        found,
        Optional.of(ready.orElse(at)));
  }

  /** Every model that its way needs. */
  Stream<ModelId> models() {
    return Stream.of(Stream.of(contribution.model()), reference.stream(), moments.values().stream())
        .flatMap(each -> each);
  }
}
