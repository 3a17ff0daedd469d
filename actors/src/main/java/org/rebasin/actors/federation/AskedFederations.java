package org.rebasin.actors.federation;

import akka.NotUsed;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.AskPattern;
import akka.cluster.sharding.typed.ShardingEnvelope;
import akka.japi.function.Function;
import akka.stream.javadsl.Source;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.rebasin.actors.federation.FederationRefusedException.Reason;
import org.rebasin.actors.job.Asking;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.TaskFailure;

/** Federations that are actors, wherever they are. */
final class AskedFederations implements Federations {
  private static final int MAX_PAGE = 1000;

  private final ActorSystem<?> system;
  private final ActorRef<ShardingEnvelope<Federation.Command>> federations;
  private final ActorRef<FederationIndex.Command> index;
  private final Duration timeout;

  /** Asks through what forwards to federations by their names. */
  AskedFederations(
      ActorSystem<?> system,
      ActorRef<ShardingEnvelope<Federation.Command>> federations,
      ActorRef<FederationIndex.Command> index) {
    this.system = system;
    this.federations = federations;
    this.index = index;
    this.timeout = system.settings().config().getDuration("rebasin.job.ask-timeout");
  }

  @Override
  public CompletionStage<FederationView> create(FederationName name, FederationSettings settings) {
    return viewed(name, self -> new Federation.Create(settings, self))
        .thenCompose(
            view -> askIndex(self -> new FederationIndex.Add(name, self)).thenApply(names -> view));
  }

  @Override
  public CompletionStage<Optional<FederationView>> view(FederationName name) {
    return ifKnown(viewed(name, Federation.View::new));
  }

  @Override
  public CompletionStage<List<FederationName>> list() {
    return askIndex(FederationIndex.AskNames::new).thenApply(FederationIndex.AllNames::names);
  }

  @Override
  public CompletionStage<ContributionView> contribute(
      FederationName name, Contribution contribution) {
    return ask(
            name,
            self -> new Federation.Contribute(contribution, self),
            Federation.Contributions.class)
        .thenApply(found -> found.contributions().get(0));
  }

  @Override
  public CompletionStage<Optional<ContributionView>> contribution(FederationName name, String id) {
    return ask(
            name, self -> new Federation.FindContribution(id, self), Federation.Contributions.class)
        .thenApply(found -> found.contributions().stream().findFirst());
  }

  @Override
  public CompletionStage<List<ContributionView>> contributions(
      FederationName name, Optional<String> after, int limit) {
    requirePage(limit);
    return ask(
            name,
            self -> new Federation.PageContributions(after, limit, self),
            Federation.Contributions.class)
        .thenApply(Federation.Contributions::contributions);
  }

  @Override
  public CompletionStage<List<Version>> versions(
      FederationName name, OptionalInt before, int limit) {
    requirePage(limit);
    return versions(name, before, limit, List.of());
  }

  /** One message may not hold all, where versions are made of many contributions. */
  private CompletionStage<List<Version>> versions(
      FederationName name, OptionalInt before, int limit, List<Version> found) {
    return ask(
            name,
            self -> new Federation.PageVersions(before, limit - found.size(), self),
            Federation.Versions.class)
        .thenCompose(
            page -> {
              List<Version> all = Stream.concat(found.stream(), page.versions().stream()).toList();
              boolean last =
                  page.versions().isEmpty()
                      || all.size() == limit
                      || all.get(all.size() - 1).number() == 1;
              return last
                  ? CompletableFuture.completedStage(all)
                  : versions(name, OptionalInt.of(all.get(all.size() - 1).number()), limit, all);
            });
  }

  private static void requirePage(int limit) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw new IllegalArgumentException(
          "limit: expected 1 to %d, found %d".formatted(MAX_PAGE, limit));
    }
  }

  @Override
  public CompletionStage<Optional<Version>> version(FederationName name, int number) {
    return ask(name, self -> new Federation.FindVersion(number, self), Federation.Versions.class)
        .thenApply(found -> found.versions().stream().findFirst());
  }

  @Override
  public CompletionStage<Optional<Version>> versionOtherThan(
      FederationName name, OptionalInt other, Duration wait) {
    return versionBefore(name, other, System.nanoTime() + wait.toNanos());
  }

  /** Asks again and again: a federation may move to another node while somebody waits. */
  private CompletionStage<Optional<Version>> versionBefore(
      FederationName name, OptionalInt other, long deadline) {
    Duration left = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
    Duration half = timeout.dividedBy(2);
    Duration next = left.compareTo(half) < 0 ? left : half;
    return ask(
            name, self -> new Federation.AwaitVersion(other, next, self), Federation.Versions.class)
        .thenCompose(
            found ->
                found.versions().isEmpty() && System.nanoTime() < deadline
                    ? versionBefore(name, other, deadline)
                    : CompletableFuture.completedStage(found.versions().stream().findFirst()));
  }

  @Override
  public CompletionStage<FederationView> pause(FederationName name) {
    return viewed(name, self -> new Federation.Turn(FederationStatus.PAUSED, self));
  }

  @Override
  public CompletionStage<FederationView> resume(FederationName name) {
    return viewed(name, self -> new Federation.Turn(FederationStatus.OPEN, self));
  }

  @Override
  public CompletionStage<FederationView> close(FederationName name) {
    return viewed(name, self -> new Federation.Turn(FederationStatus.CLOSED, self));
  }

  @Override
  public CompletionStage<FederationView> rollback(FederationName name, int version) {
    return viewed(name, self -> new Federation.Rollback(version, self));
  }

  @Override
  public CompletionStage<Reproduction> reproduce(FederationName name, int version) {
    return ask(name, self -> new Federation.Reproduce(version, self), Federation.Reproduced.class)
        .thenCompose(
            answer ->
                answer
                    .reproduction()
                    .<CompletionStage<Reproduction>>map(CompletableFuture::completedStage)
                    .orElseGet(() -> reproduce(name, version)));
  }

  @Override
  public Source<FederationEvent, NotUsed> events(FederationName name, long afterSequence) {
    return Asking.events(
        afterSequence,
        sequence ->
            ask(name, self -> new Federation.EventsAfter(sequence, self), Federation.Happened.class)
                .thenApply(happened -> new Asking.Batch<>(happened.events(), happened.ended())),
        FederationEvent::sequence,
        thrown -> isRefused(thrown, Reason.UNAVAILABLE));
  }

  @Override
  public CompletionStage<Set<ModelId>> namedModels() {
    return list()
        .thenCompose(
            names -> {
              CompletionStage<Set<ModelId>> all = CompletableFuture.completedStage(new HashSet<>());
              for (FederationName name : names) {
                all =
                    all.thenCombine(
                        ask(name, Federation.NamedModels::new, Federation.Named.class),
                        (before, named) -> {
                          before.addAll(named.models());
                          return before;
                        });
              }
              return all.thenApply(Set::copyOf);
            });
  }

  private CompletionStage<FederationView> viewed(
      FederationName name, Function<ActorRef<Federation.Reply>, Federation.Command> message) {
    return ask(name, message, Federation.Viewed.class).thenApply(Federation.Viewed::view);
  }

  private <R extends Federation.Reply> CompletionStage<R> ask(
      FederationName name,
      Function<ActorRef<Federation.Reply>, Federation.Command> message,
      Class<R> type) {
    CompletionStage<Federation.Reply> asked =
        AskPattern.ask(
            federations,
            self -> new ShardingEnvelope<>(name.value(), message.apply(self)),
            timeout,
            system.scheduler());
    return available(asked)
        .thenApply(
            reply -> {
              if (reply instanceof Federation.Refused refused) {
                throw refused.retryAfter().isZero()
                    ? new FederationRefusedException(refused.reason(), refused.message())
                    : FederationRefusedException.full(refused.message(), refused.retryAfter());
              }
              return type.cast(reply);
            });
  }

  private CompletionStage<FederationIndex.AllNames> askIndex(
      Function<ActorRef<FederationIndex.AllNames>, FederationIndex.Command> message) {
    return available(AskPattern.ask(index, message, timeout, system.scheduler()));
  }

  private static <T> CompletionStage<Optional<T>> ifKnown(CompletionStage<T> found) {
    return found
        .thenApply(Optional::of)
        .exceptionallyCompose(
            thrown ->
                isRefused(thrown, Reason.UNKNOWN)
                    ? CompletableFuture.completedStage(Optional.empty())
                    : CompletableFuture.failedStage(TaskFailure.unwrap(thrown)));
  }

  private static boolean isRefused(Throwable thrown, Reason reason) {
    return TaskFailure.unwrap(thrown) instanceof FederationRefusedException refused
        && refused.reason() == reason;
  }

  private <T> CompletionStage<T> available(CompletionStage<T> asked) {
    return Asking.orUnavailable(
        asked, timeout, message -> new FederationRefusedException(Reason.UNAVAILABLE, message));
  }
}
