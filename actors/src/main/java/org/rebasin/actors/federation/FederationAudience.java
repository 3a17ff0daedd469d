package org.rebasin.actors.federation;

import akka.actor.typed.ActorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.rebasin.actors.federation.FederationState.Known;

/**
 * Who waits for something of a federation: its next events, or another current version. Forgotten
 * when its actor stops.
 */
final class FederationAudience {
  private final List<Federation.EventsAfter> forEvents = new ArrayList<>();
  private final List<Federation.AwaitVersion> forVersions = new ArrayList<>();

  void add(Federation.EventsAfter asker) {
    forEvents.add(asker);
  }

  /**
   * Answers at once if the current version is another.
   *
   * @return whether the asker waits
   */
  boolean add(Known state, Federation.AwaitVersion asker) {
    if (isOther(state, asker)) {
      tell(state, asker);
      return false;
    }
    forVersions.add(asker);
    return true;
  }

  private static boolean isOther(Known state, Federation.AwaitVersion asker) {
    OptionalInt current = state.lineage().current();
    return current.isPresent() && !current.equals(asker.other());
  }

  private static void tell(Known state, Federation.AwaitVersion asker) {
    asker
        .replyTo()
        .tell(new Federation.Versions(state.lineage().currentVersion().stream().toList()));
  }

  /** Tells one who waits for a version that there was none in time. */
  void dismiss(ActorRef<Federation.Reply> asker) {
    forVersions.removeIf(
        one -> {
          boolean same = one.replyTo().equals(asker);
          if (same) {
            asker.tell(new Federation.Versions(List.of()));
          }
          return same;
        });
  }

  /** Answers those for whom there is something; who waits for events hears in any case if all. */
  void answer(Known state, boolean all) {
    boolean closed = state.status() == FederationStatus.CLOSED;
    forEvents.removeIf(
        asker -> {
          List<FederationEvent> events = state.log().page(asker.sequence());
          boolean answered = all || !events.isEmpty() || closed;
          if (answered) {
            boolean last =
                events.isEmpty() || events.get(events.size() - 1).sequence() == state.log().count();
            asker.replyTo().tell(new Federation.Happened(events, closed && last));
          }
          return answered;
        });
    forVersions.removeIf(
        asker -> {
          boolean answered = isOther(state, asker);
          if (answered) {
            tell(state, asker);
          }
          return answered;
        });
  }

  boolean isEmpty() {
    return forEvents.isEmpty() && forVersions.isEmpty();
  }
}
