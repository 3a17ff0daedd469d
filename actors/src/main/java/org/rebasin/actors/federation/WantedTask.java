package org.rebasin.actors.federation;

import java.time.Instant;
import java.util.function.BiFunction;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskKey;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.actors.work.WorkQueue;

/**
 * A task that a federation wants done, and what follows from its end.
 *
 * @param kind of the result that the task has
 * @param done the event that a result becomes
 * @param failed the event that a cause becomes
 */
record WantedTask<R extends TaskResult>(
    TaskKey key,
    Task task,
    Class<R> kind,
    BiFunction<R, Instant, FederationJournalEvent> done,
    BiFunction<String, Instant, FederationJournalEvent> failed) {

  /** The event that the task's end becomes. */
  FederationJournalEvent after(WorkQueue.Reply reply, Instant at) {
    if (reply instanceof WorkQueue.GivenUp givenUp) {
      return failed.apply(givenUp.failure().message(), at);
    }
    TaskResult result = ((WorkQueue.Done) reply).result();
    return kind.isInstance(result)
        ? done.apply(kind.cast(result), at)
        : failed.apply(
            "%s: expected a result of kind %s, found %s"
                .formatted(key.phase(), kind.getSimpleName(), result.getClass().getSimpleName()),
            at);
  }
}
