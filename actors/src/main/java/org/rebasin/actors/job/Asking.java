package org.rebasin.actors.job;

import akka.NotUsed;
import akka.japi.Pair;
import akka.stream.javadsl.Source;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import org.rebasin.actors.work.TaskFailure;

/** How those who are not actors ask entities of a cluster, which may be on their way. */
public final class Asking {
  private Asking() {}

  /**
   * An answer.
   *
   * @param asked which fails with a {@link TimeoutException} where there is no answer
   * @param unavailable makes of a message what the stage fails with then
   */
  public static <T> CompletionStage<T> orUnavailable(
      CompletionStage<T> asked, Duration timeout, Function<String, RuntimeException> unavailable) {
    return asked.handle(
        (reply, thrown) -> {
          if (thrown == null) {
            return reply;
          }
          Throwable cause = TaskFailure.unwrap(thrown);
          if (cause instanceof TimeoutException) {
            throw unavailable.apply(
                "no answer within %s: the journal or a majority of nodes is away"
                    .formatted(timeout));
          }
          throw new CompletionException(cause);
        });
  }

  /**
   * What has happened since somebody asked last.
   *
   * @param ended whether nothing more happens
   */
  public record Batch<E>(List<E> events, boolean ended) {}

  private record Position(long sequence, boolean ended) {}

  /**
   * Events in their order, each once; waits for an entity while it moves to another node.
   *
   * @param after only events with a larger sequence number
   * @param next asks for those behind a sequence number; may be answered with none
   * @param unavailable whether a failure means that it is worth asking again
   */
  public static <E> Source<E, NotUsed> events(
      long after,
      LongFunction<CompletionStage<Batch<E>>> next,
      ToLongFunction<E> sequence,
      Predicate<Throwable> unavailable) {
    return Source.unfoldAsync(
            new Position(after, false),
            position ->
                position.ended()
                    ? CompletableFuture.completedStage(Optional.<Pair<Position, List<E>>>empty())
                    : next.apply(position.sequence())
                        .thenApply(
                            batch -> Pair.create(behind(position, batch, sequence), batch.events()))
                        .exceptionallyCompose(
                            thrown ->
                                unavailable.test(TaskFailure.unwrap(thrown))
                                    ? CompletableFuture.completedStage(
                                        Pair.create(position, List.of()))
                                    : CompletableFuture.failedStage(TaskFailure.unwrap(thrown)))
                        .thenApply(Optional::of))
        .mapConcat(events -> events);
  }

  private static <E> Position behind(
      Position position, Batch<E> batch, ToLongFunction<E> sequence) {
    List<E> events = batch.events();
    long last =
        events.isEmpty()
            ? position.sequence()
            : sequence.applyAsLong(events.get(events.size() - 1));
    return new Position(last, batch.ended());
  }
}
