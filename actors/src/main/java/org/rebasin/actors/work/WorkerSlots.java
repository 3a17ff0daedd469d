package org.rebasin.actors.work;

import akka.actor.ActorPaths;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorRefResolver;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** The workers that a {@link WorkQueue} knows, where each is, and which of them are idle. */
final class WorkerSlots {
  /** What a worker last asked for, and what it was given for that. */
  static final class Slot {
    final Role role;
    long pull;
    Optional<TaskKey> held = Optional.empty();

    /** The store of its node, if it has told. */
    Optional<String> home = Optional.empty();

    private Slot(Role role) {
      this.role = role;
    }
  }

  private final Map<ActorRef<Worker.Command>, Slot> slots = new HashMap<>();
  private final Map<Role, Set<ActorRef<Worker.Command>>> idle = new EnumMap<>(Role.class);
  private final Consumer<ActorRef<Worker.Command>> whenNew;

  /**
   * No workers.
   *
   * @param whenNew hears of each when it becomes known
   */
  WorkerSlots(Consumer<ActorRef<Worker.Command>> whenNew) {
    this.whenNew = whenNew;
  }

  /** The slot of a worker, which is known from now on. */
  Slot of(ActorRef<Worker.Command> worker, Role role) {
    return slots.computeIfAbsent(
        worker,
        unknown -> {
          whenNew.accept(worker);
          return new Slot(role);
        });
  }

  /** The slot of a worker, if it is known. */
  Optional<Slot> find(ActorRef<Worker.Command> worker) {
    return Optional.ofNullable(slots.get(worker));
  }

  /** A worker is gone. */
  void forget(ActorRef<Worker.Command> worker) {
    Slot slot = slots.remove(worker);
    if (slot != null) {
      idle(slot.role).remove(worker);
    }
  }

  /** The idle workers of a role, the longest idle first; changes to the set are kept. */
  Set<ActorRef<Worker.Command>> idle(Role role) {
    return idle.computeIfAbsent(role, same -> new LinkedHashSet<>());
  }

  /** The idle workers that may do a task, the longest idle first. */
  List<ActorRef<Worker.Command>> idleFor(Task task) {
    return idle(task.role()).stream().filter(worker -> mayDo(worker, task)).toList();
  }

  /** Whether an idle worker may do a task. */
  boolean anyIdleFor(Task task) {
    return idle(task.role()).stream().anyMatch(worker -> mayDo(worker, task));
  }

  private boolean mayDo(ActorRef<Worker.Command> worker, Task task) {
    return task.mayBeDone(slots.get(worker).home, this::isPresent);
  }

  private boolean isPresent(String home) {
    return slots.values().stream().anyMatch(slot -> slot.home.equals(Optional.of(home)));
  }

  /** Counts the workers of each node and role, and which of them are at work. */
  void tally(QueueLoad.Tally tally, ActorRefResolver actors) {
    slots.forEach(
        (worker, slot) ->
            tally.works(
                ActorPaths.fromString(actors.toSerializationFormat(worker)).address().toString(),
                slot.role,
                slot.held.isPresent()));
  }
}
