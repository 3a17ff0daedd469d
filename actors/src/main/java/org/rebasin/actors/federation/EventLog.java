package org.rebasin.actors.federation;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The newest of what watchers are told. Immutable.
 *
 * @param count how many events there were
 * @param newest the last of them, in order
 */
record EventLog(long count, List<FederationEvent> newest) {
  static final EventLog NONE = new EventLog(0, List.of());

  private static final int MOST_IN_MESSAGE = 1000;

  /** Copies the list. */
  EventLog {
    newest = List.copyOf(newest);
  }

  EventLog with(List<FederationEvent.What> whats, Instant at, int kept) {
    List<FederationEvent> all = new ArrayList<>(newest);
    long sequence = count;
    for (FederationEvent.What what : whats) {
      all.add(new FederationEvent(++sequence, at, what));
    }
    return new EventLog(sequence, all.subList(Math.max(0, all.size() - kept), all.size()));
  }

  /** Those with a larger sequence number that are still at hand. */
  List<FederationEvent> after(long sequence) {
    long oldest = count - newest.size();
    long from = Math.max(0, Math.min(newest.size(), sequence - oldest));
    return newest.subList((int) from, newest.size());
  }

  /** The first of those, few enough for a message. */
  List<FederationEvent> page(long sequence) {
    List<FederationEvent> page = new ArrayList<>();
    int weight = 0;
    for (FederationEvent event : after(sequence)) {
      weight +=
          event.what() instanceof FederationEvent.Published published
              ? 1 + published.version().ingredients().size()
              : 1;
      if (weight > MOST_IN_MESSAGE && !page.isEmpty()) {
        break;
      }
      page.add(event);
    }
    return page;
  }
}
