package org.rebasin.actors.job;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.rebasin.actors.job.MergeRequest.AlignmentPlan;
import org.rebasin.actors.job.MergeRequest.Private;
import org.rebasin.actors.job.MergeRequest.Stored;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.Outline;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Strategy;
import org.rebasin.actors.work.Task;

/**
 * Where the tasks of a merge may be done whose models may not leave their nodes, and what cannot be
 * done at all: a function of the request alone.
 *
 * <p>What reads a private model, or what was made of one, is done on the model's node. Two models
 * that are private on different nodes never meet; only their activations do.
 */
public record Privacy(MergeRequest request) {
  private List<Private> privates() {
    return request.models().stream()
        .filter(Private.class::isInstance)
        .map(Private.class::cast)
        .toList();
  }

  private Set<String> homes() {
    return privates().stream().map(Private::home).collect(Collectors.toCollection(TreeSet::new));
  }

  /** Why the merge cannot be, naming the models; empty if it can. */
  public Optional<String> refusal() {
    if (homes().size() <= 1) {
      return Optional.empty();
    }
    List<String> impossible = new ArrayList<>();
    Optional<AlignmentPlan> plan = request.alignment();
    boolean apart =
        IntStream.range(1, request.models().size()).anyMatch(i -> outlineApart(i).isPresent());
    if (plan.isPresent()
        && (plan.get().strategy() != Strategy.TO_REFERENCE
            || apart && !(plan.get().matching() instanceof Matching.Activation))) {
      impossible.add(
          plan.get().strategy() == Strategy.TO_REFERENCE
              ? "method " + plan.get().matching().text()
              : "strategy " + plan.get().strategy().text());
    }
    if (plan.map(AlignmentPlan::keepModels).orElse(false) && apart) {
      impossible.add("writing the aligned models");
    }
    if (request.merge().isPresent()) {
      impossible.add("averaging them");
    }
    if (request.evaluation().isPresent()) {
      impossible.add("evaluating them together");
    }
    return impossible.isEmpty()
        ? Optional.empty()
        : Optional.of(
            ("models: %s are private and on different nodes, so %s is not possible; expected method"
                    + " activation or activation-pearson with merge false and without evaluation,"
                    + " which answers the permutations")
                .formatted(
                    privates().stream()
                        .map(each -> "%s on %s".formatted(each.id(), each.node()))
                        .collect(Collectors.joining(" and ")),
                    String.join(", ", impossible)));
  }

  /**
   * The outline of the first model and the one at a place, if these two never meet.
   *
   * @param model counted from 0
   */
  Optional<Outline> outlineApart(int model) {
    return request.models().get(0) instanceof Private reference
            && request.models().get(model) instanceof Private other
            && !reference.home().equals(other.home())
        ? Optional.of(
            reference
                .outline()
                .orElseThrow(
                    () ->
                        new IllegalArgumentException(
                            "expected the outline of model " + reference.id() + ", found none")))
        : Optional.empty();
  }

  /** A task, bound to where it may be done. */
  Task placed(Task task) {
    if (privates().isEmpty()) {
      return task;
    }
    if (task instanceof Task.CollectApart apart) {
      Set<ModelId> both = Set.of(apart.collection().reference(), apart.collection().model());
      return new Task.Placed(
          task,
          Optional.empty(),
          privates().stream()
              .filter(each -> both.contains(each.id()))
              .map(Private::home)
              .distinct()
              .toList());
    }
    if (task instanceof Task.Match) {
      return task;
    }
    return home(task)
        .<Task>map(home -> new Task.Placed(task, Optional.of(home), List.of()))
        .orElse(task);
  }

  private Optional<String> home(Task task) {
    Optional<String> own =
        privates().stream()
            .filter(each -> task.inputs().contains(each.id()))
            .map(Private::home)
            .findFirst();
    if (own.isPresent() || task instanceof Task.Align) {
      return own;
    }
    // What was made in this merge was made of private models, too, on the only node they are on.
    Set<ModelId> open =
        request.models().stream()
            .filter(Stored.class::isInstance)
            .flatMap(source -> source.stored().stream())
            .collect(Collectors.toSet());
    return open.containsAll(task.inputs()) ? Optional.empty() : homes().stream().findFirst();
  }
}
