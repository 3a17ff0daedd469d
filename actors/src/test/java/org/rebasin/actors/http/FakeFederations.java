package org.rebasin.actors.http;

import akka.NotUsed;
import akka.stream.OverflowStrategy;
import akka.stream.javadsl.Source;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.rebasin.actors.federation.Contribution;
import org.rebasin.actors.federation.ContributionView;
import org.rebasin.actors.federation.ContributionView.Outcome;
import org.rebasin.actors.federation.FederationEvent;
import org.rebasin.actors.federation.FederationName;
import org.rebasin.actors.federation.FederationRefusedException;
import org.rebasin.actors.federation.FederationRefusedException.Reason;
import org.rebasin.actors.federation.FederationSettings;
import org.rebasin.actors.federation.FederationStatus;
import org.rebasin.actors.federation.FederationView;
import org.rebasin.actors.federation.Federations;
import org.rebasin.actors.federation.Version;
import org.rebasin.actors.store.ModelId;
import org.rebasin.model.evaluation.Score;

/** Federations that accept as the real ones do, and publish what a test tells them to. */
public final class FakeFederations implements Federations {
  private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");

  private final Map<FederationName, One> all = Collections.synchronizedMap(new TreeMap<>());
  private volatile boolean away;

  /** One federation. */
  private static final class One {
    private final FederationName name;
    private final FederationSettings settings;
    private final List<FederationEvent> events = new ArrayList<>();
    private final List<Consumer<FederationEvent>> followers = new ArrayList<>();
    private final List<Runnable> versionWaiters = new ArrayList<>();
    private final Map<String, ContributionView> contributions = new java.util.LinkedHashMap<>();
    private final List<Version> versions = new ArrayList<>();
    private OptionalInt current = OptionalInt.empty();
    private FederationStatus status = FederationStatus.OPEN;

    private One(FederationName name, FederationSettings settings) {
      this.name = name;
      this.settings = settings;
    }

    private void tell(FederationEvent.What what) {
      FederationEvent event =
          new FederationEvent(events.size() + 1, START.plusSeconds(events.size()), what);
      events.add(event);
      List.copyOf(followers).forEach(follower -> follower.accept(event));
    }

    private void move(ContributionView view) {
      contributions.put(view.id(), view);
      tell(new FederationEvent.ContributionMoved(view));
    }

    private Optional<Version> version() {
      return current.isPresent() ? Optional.of(versions.get(current.getAsInt() - 1)) : none();
    }

    private static Optional<Version> none() {
      return Optional.empty();
    }

    private void make(int number) {
      current = OptionalInt.of(number);
      List<Runnable> waiting = List.copyOf(versionWaiters);
      versionWaiters.clear();
      waiting.forEach(Runnable::run);
    }

    private synchronized FederationView view() {
      Map<Outcome, Long> counts = new EnumMap<>(Outcome.class);
      contributions.values().forEach(view -> counts.merge(view.outcome(), 1L, Long::sum));
      return new FederationView(
          name,
          settings,
          status,
          START,
          version(),
          versions.size(),
          counts,
          "waits for contributions");
    }
  }

  private static FederationRefusedException refusal(Reason reason, String message) {
    return new FederationRefusedException(reason, message);
  }

  private One one(FederationName name) {
    One one = all.get(name);
    if (one == null) {
      throw refusal(Reason.UNKNOWN, "no federation " + name);
    }
    return one;
  }

  private <T> CompletionStage<T> answer(java.util.function.Supplier<T> value) {
    try {
      if (away) {
        throw refusal(Reason.UNAVAILABLE, "the journal does not answer");
      }
      return CompletableFuture.completedFuture(value.get());
    } catch (RuntimeException problem) {
      return CompletableFuture.failedFuture(problem);
    }
  }

  /** From now on there is no answer, or there is again. */
  public void away(boolean isAway) {
    away = isAway;
  }

  /** The settings that a federation was created with. */
  public FederationSettings settings(String name) {
    return one(new FederationName(name)).settings;
  }

  /** What a federation was given, the oldest first. */
  public List<ContributionView> given(String name) {
    One one = one(new FederationName(name));
    synchronized (one) {
      return List.copyOf(one.contributions.values());
    }
  }

  /** Makes a model the next version; the contributions that wait become part of it. */
  public Version publish(String name, ModelId model, double accuracy) {
    One one = one(new FederationName(name));
    synchronized (one) {
      int number = one.versions.size() + 1;
      List<Version.Ingredient> ingredients = new ArrayList<>();
      for (ContributionView view : List.copyOf(one.contributions.values())) {
        if (view.outcome() == Outcome.ACCEPTED) {
          OptionalInt base = view.contribution().base();
          int staleness = base.isPresent() ? number - 1 - base.getAsInt() : 0;
          ingredients.add(
              new Version.Ingredient(
                  view.id(),
                  view.contribution().participant(),
                  view.contribution().model(),
                  Optional.of("ab".repeat(32)),
                  staleness,
                  view.contribution().examples()));
          one.move(
              new ContributionView(
                  view.id(),
                  view.contribution(),
                  view.arrived(),
                  Outcome.MERGED,
                  Optional.empty(),
                  OptionalInt.of(number),
                  OptionalInt.of(staleness)));
        }
      }
      Version version =
          new Version(
              number,
              one.current,
              model,
              Optional.empty(),
              ingredients,
              Map.of("rule", one.settings.aggregation().rule().text(), "data", gate(one)),
              new Score(12.5, Math.round(accuracy * 1000), 1000),
              START.plusSeconds(number));
      one.versions.add(version);
      one.tell(new FederationEvent.Published(version));
      one.make(number);
      return version;
    }
  }

  private static String gate(One one) {
    return one.settings.gate().data();
  }

  /** Finds a contribution harmful. */
  public void quarantine(String name, String id, String reason) {
    One one = one(new FederationName(name));
    synchronized (one) {
      ContributionView view = one.contributions.get(id);
      one.move(
          new ContributionView(
              id,
              view.contribution(),
              view.arrived(),
              Outcome.QUARANTINED,
              Optional.of(reason),
              OptionalInt.empty(),
              OptionalInt.empty()));
    }
  }

  /** Refuses a candidate. */
  public void refuseCandidate(String name, double accuracy, double required) {
    One one = one(new FederationName(name));
    synchronized (one) {
      one.tell(new FederationEvent.CandidateRefused(accuracy, required));
    }
  }

  @Override
  public CompletionStage<FederationView> create(FederationName name, FederationSettings settings) {
    return answer(
        () -> {
          One made = new One(name, settings);
          One one = all.computeIfAbsent(name, none -> made);
          if (!one.settings.equals(settings)) {
            throw refusal(Reason.CONFLICT, name + " was created with other settings");
          }
          if (one == made) {
            synchronized (one) {
              one.tell(new FederationEvent.Created());
            }
            settings.initial().ifPresent(model -> publish(name.value(), model, 0.5));
          }
          return one.view();
        });
  }

  @Override
  public CompletionStage<Optional<FederationView>> view(FederationName name) {
    return answer(() -> Optional.ofNullable(all.get(name)).map(One::view));
  }

  @Override
  public CompletionStage<List<FederationName>> list() {
    return answer(
        () -> {
          synchronized (all) {
            return List.copyOf(all.keySet());
          }
        });
  }

  @Override
  public CompletionStage<ContributionView> contribute(
      FederationName name, Contribution contribution) {
    return answer(
        () -> {
          One one = one(name);
          synchronized (one) {
            ContributionView before = one.contributions.get(contribution.id());
            if (before != null) {
              return before;
            }
            if (one.status != FederationStatus.OPEN) {
              throw refusal(Reason.CONFLICT, name + " is " + one.status.text());
            }
            int base = contribution.base().orElse(1);
            if (contribution.base().isPresent() && base > one.versions.size()) {
              throw refusal(Reason.INVALID, "base version: %s has none %d".formatted(name, base));
            }
            long waiting =
                one.contributions.values().stream()
                    .filter(view -> view.outcome() == Outcome.ACCEPTED)
                    .count();
            if (waiting >= one.settings.pending()) {
              throw FederationRefusedException.full(
                  "%d contributions wait in %s".formatted(waiting, name), Duration.ofMillis(1200));
            }
            ContributionView view =
                new ContributionView(
                    contribution.id(),
                    contribution,
                    START.plusSeconds(one.contributions.size()),
                    Outcome.ACCEPTED,
                    Optional.empty(),
                    OptionalInt.empty(),
                    OptionalInt.empty());
            one.move(view);
            return view;
          }
        });
  }

  @Override
  public CompletionStage<Optional<ContributionView>> contribution(FederationName name, String id) {
    return answer(
        () -> {
          One one = one(name);
          synchronized (one) {
            return Optional.ofNullable(one.contributions.get(id));
          }
        });
  }

  @Override
  public CompletionStage<List<ContributionView>> contributions(
      FederationName name, Optional<String> after, int limit) {
    return answer(
        () -> {
          One one = one(name);
          synchronized (one) {
            List<ContributionView> newest = new ArrayList<>(one.contributions.values());
            Collections.reverse(newest);
            int from =
                after
                    .map(id -> newest.stream().map(ContributionView::id).toList().indexOf(id) + 1)
                    .orElse(0);
            return newest.stream().skip(from).limit(limit).toList();
          }
        });
  }

  @Override
  public CompletionStage<List<Version>> versions(
      FederationName name, OptionalInt before, int limit) {
    return answer(
        () -> {
          One one = one(name);
          synchronized (one) {
            List<Version> newest = new ArrayList<>(one.versions);
            Collections.reverse(newest);
            return newest.stream()
                .filter(version -> version.number() < before.orElse(Integer.MAX_VALUE))
                .limit(limit)
                .toList();
          }
        });
  }

  @Override
  public CompletionStage<Optional<Version>> version(FederationName name, int number) {
    return answer(
        () -> {
          One one = one(name);
          synchronized (one) {
            return one.versions.stream().filter(version -> version.number() == number).findFirst();
          }
        });
  }

  @Override
  public CompletionStage<Optional<Version>> versionOtherThan(
      FederationName name, OptionalInt other, Duration wait) {
    return answer(() -> one(name))
        .thenCompose(
            one -> {
              synchronized (one) {
                Optional<Version> now = one.version();
                if (now.isPresent() && !OptionalInt.of(now.get().number()).equals(other)) {
                  return CompletableFuture.completedFuture(now);
                }
                CompletableFuture<Optional<Version>> later = new CompletableFuture<>();
                one.versionWaiters.add(() -> later.complete(one.version()));
                return later.completeOnTimeout(
                    Optional.empty(), wait.toMillis(), TimeUnit.MILLISECONDS);
              }
            });
  }

  private CompletionStage<FederationView> become(FederationName name, FederationStatus status) {
    return answer(
        () -> {
          One one = one(name);
          synchronized (one) {
            if (one.status == FederationStatus.CLOSED && status != one.status) {
              throw refusal(Reason.CONFLICT, name + " is closed");
            }
            if (one.status != status) {
              one.status = status;
              one.tell(new FederationEvent.StatusChanged(status));
            }
          }
          return one.view();
        });
  }

  @Override
  public CompletionStage<FederationView> pause(FederationName name) {
    return become(name, FederationStatus.PAUSED);
  }

  @Override
  public CompletionStage<FederationView> resume(FederationName name) {
    return become(name, FederationStatus.OPEN);
  }

  @Override
  public CompletionStage<FederationView> close(FederationName name) {
    return become(name, FederationStatus.CLOSED);
  }

  @Override
  public CompletionStage<FederationView> rollback(FederationName name, int version) {
    return answer(
        () -> {
          One one = one(name);
          synchronized (one) {
            if (version < 1 || version > one.versions.size()) {
              throw refusal(Reason.UNKNOWN, "%s has no version %d".formatted(name, version));
            }
            one.tell(new FederationEvent.RolledBack(version));
            one.make(version);
          }
          return one.view();
        });
  }

  @Override
  public Source<FederationEvent, NotUsed> events(FederationName name, long afterSequence) {
    One one = one(name);
    return Source.<FederationEvent>queue(1000, OverflowStrategy.fail())
        .mapMaterializedValue(
            queue -> {
              synchronized (one) {
                Consumer<FederationEvent> offer =
                    event -> {
                      if (event.sequence() > afterSequence) {
                        queue.offer(event);
                      }
                      if (isLast(event)) {
                        queue.complete();
                      }
                    };
                one.events.forEach(offer);
                one.followers.add(offer);
              }
              return NotUsed.getInstance();
            });
  }

  private static boolean isLast(FederationEvent event) {
    return event.what() instanceof FederationEvent.StatusChanged changed
        && changed.status() == FederationStatus.CLOSED;
  }

  @Override
  public CompletionStage<Reproduction> reproduce(FederationName name, int version) {
    return version(name, version)
        .thenApply(
            found -> {
              ModelId model = found.orElseThrow(FakeFederations::noVersion).model();
              return new Reproduction(version, model, model);
            });
  }

  private static FederationRefusedException noVersion() {
    return new FederationRefusedException(
        FederationRefusedException.Reason.UNKNOWN, "there is no such version");
  }

  @Override
  public CompletionStage<Set<ModelId>> namedModels() {
    return answer(
        () ->
            all.values().stream()
                .flatMap(one -> one.versions.stream().map(Version::model))
                .collect(Collectors.toSet()));
  }
}
