package org.rebasin.actors.job;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.AskPattern;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.rebasin.actors.job.MergeOutcome.Controls;
import org.rebasin.actors.job.MergeOutcome.Curve;
import org.rebasin.actors.job.MergeRequest.EvaluationPlan;
import org.rebasin.actors.job.MergeRequest.Stored;
import org.rebasin.actors.job.MergeRequest.ToTrain;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Progress;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.Task.Combination;
import org.rebasin.actors.work.Task.Split;
import org.rebasin.actors.work.TaskFailure;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.actors.work.WorkQueue;
import org.rebasin.model.evaluation.Score;
import org.rebasin.model.merge.Interpolation;

/**
 * One merge: trains what is to be trained, aligns all models to the first, averages them, and
 * evaluates what was asked for. Each phase sends its tasks to the queue as a stream, a bounded
 * number at a time, and the next begins when all have come back; the queue sees to workers that
 * fail.
 *
 * <p>Holds its state in memory: a job is lost when its actor is.
 */
public final class MergeJob extends AbstractBehavior<MergeJob.Command> {
  /** What a job receives: its own phases' ends only. */
  public sealed interface Command {}

  private record TrainingDone(List<TaskResult.Trained> results) implements Command {}

  private record AlignmentDone(List<TaskResult.Aligned> results) implements Command {}

  private record MergeDone(TaskResult.Merged result) implements Command {}

  private record EvaluationDone(List<TaskResult.Evaluated> results) implements Command {}

  private record PhaseFailed(Throwable cause) implements Command {}

  /** What the requester hears in the end. */
  public sealed interface Reply {}

  /** All was done. */
  public record Done(MergeOutcome outcome) implements Reply {}

  /** A task was given up. */
  public record Failed(TaskFailure failure) implements Reply {}

  /**
   * What bounds a job.
   *
   * @param concurrentTasks tasks that it has in the queue at a time
   * @param taskTimeout how long one task may take, with waiting
   */
  public record Limits(int concurrentTasks, Duration taskTimeout) {}

  /** A job that begins at once and stops when it has replied. */
  public static Behavior<Command> create(
      MergeRequest request,
      Limits limits,
      ActorRef<WorkQueue.Command> queue,
      ActorRef<Progress> progress,
      ActorRef<Reply> replyTo) {
    return Behaviors.setup(
        context -> new MergeJob(context, request, limits, queue, progress, replyTo));
  }

  /** A task was given up; carried through the stream of a phase. */
  private static final class GivenUp extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient TaskFailure failure;

    GivenUp(TaskFailure failure) {
      super(failure.message());
      this.failure = failure;
    }
  }

  private final MergeRequest request;
  private final Limits limits;
  private final ActorRef<WorkQueue.Command> queue;
  private final ActorRef<Progress> progress;
  private final ActorRef<Reply> replyTo;

  private List<TaskResult.Trained> trained = List.of();
  private List<ModelId> models = List.of();
  private List<TaskResult.Aligned> alignments = List.of();
  private Optional<ModelId> merged = Optional.empty();

  private MergeJob(
      ActorContext<Command> context,
      MergeRequest request,
      Limits limits,
      ActorRef<WorkQueue.Command> queue,
      ActorRef<Progress> progress,
      ActorRef<Reply> replyTo) {
    super(context);
    this.request = request;
    this.limits = limits;
    this.queue = queue;
    this.progress = progress;
    this.replyTo = replyTo;
    train();
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(TrainingDone.class, this::onTrainingDone)
        .onMessage(AlignmentDone.class, this::onAlignmentDone)
        .onMessage(MergeDone.class, this::onMergeDone)
        .onMessage(EvaluationDone.class, this::onEvaluationDone)
        .onMessage(PhaseFailed.class, this::onPhaseFailed)
        .build();
  }

  private void train() {
    List<Task> tasks =
        request.models().stream()
            .filter(ToTrain.class::isInstance)
            .map(source -> (Task) ((ToTrain) source).task())
            .toList();
    run("train", tasks, TaskResult.Trained.class, TrainingDone::new);
  }

  private Behavior<Command> onTrainingDone(TrainingDone done) {
    trained = done.results();
    List<ModelId> all = new ArrayList<>();
    int next = 0;
    for (MergeRequest.Source source : request.models()) {
      all.add(source instanceof Stored stored ? stored.id() : trained.get(next++).model());
    }
    models = List.copyOf(all);
    List<Task> tasks =
        request
            .alignment()
            .map(plan -> models.subList(1, models.size()).stream().map(this::align).toList())
            .orElse(List.of());
    run("align", tasks, TaskResult.Aligned.class, AlignmentDone::new);
    return this;
  }

  private Task align(ModelId model) {
    MergeRequest.AlignmentPlan plan = request.alignment().orElseThrow();
    boolean curve =
        model.equals(models.get(1))
            && request.evaluation().map(EvaluationPlan::curvePoints).orElse(0) > 0;
    return new Task.Align(
        models.get(0),
        model,
        plan.method(),
        plan.seed(),
        plan.restarts(),
        plan.keepModels() || curve);
  }

  private Behavior<Command> onAlignmentDone(AlignmentDone done) {
    alignments = done.results();
    if (request.merge().isEmpty()) {
      return evaluate();
    }
    List<Task.Member> members = new ArrayList<>();
    for (int i = 0; i < models.size(); i++) {
      members.add(
          new Task.Member(
              models.get(i),
              i == 0 || alignments.isEmpty()
                  ? Optional.empty()
                  : Optional.of(alignments.get(i - 1).alignment().permutations())));
    }
    run(
        "merge",
        List.of(new Task.Merge(members, request.merge().get(), "to-reference")),
        TaskResult.Merged.class,
        results -> new MergeDone(results.get(0)));
    return this;
  }

  private Behavior<Command> onMergeDone(MergeDone done) {
    merged = Optional.of(done.result().model());
    return evaluate();
  }

  /** Sends all evaluations; {@link #onEvaluationDone} takes their results in the same order. */
  private Behavior<Command> evaluate() {
    List<Task> tasks =
        request.evaluation().stream()
            .<Task>flatMap(
                plan -> {
                  List<Task> all = new ArrayList<>();
                  if (plan.controls()) {
                    all.addAll(controlTasks(plan.data()));
                  }
                  curveEnds().values().forEach(end -> all.addAll(curveTasks(plan, end)));
                  return all.stream();
                })
            .toList();
    run("evaluate", tasks, TaskResult.Evaluated.class, EvaluationDone::new);
    return this;
  }

  private List<Task> controlTasks(String data) {
    List<Task> tasks = new ArrayList<>();
    merged.ifPresent(model -> tasks.add(Task.Evaluate.one(model, data, Split.TEST)));
    models.forEach(model -> tasks.add(Task.Evaluate.one(model, data, Split.TEST)));
    List<Double> weights = weights();
    tasks.add(new Task.Evaluate(models, weights, Combination.WEIGHTS, data, Split.TEST));
    tasks.add(new Task.Evaluate(models, weights, Combination.LOGITS, data, Split.TEST));
    return tasks;
  }

  private List<Double> weights() {
    return request
        .merge()
        .orElseGet(() -> models.stream().map(model -> 1.0 / models.size()).toList());
  }

  /** Where the curves that were asked for end: naive in the second model, aligned in its copy. */
  private Map<String, ModelId> curveEnds() {
    Map<String, ModelId> ends = new LinkedHashMap<>();
    if (request.evaluation().map(EvaluationPlan::curvePoints).orElse(0) > 0) {
      ends.put("naive", models.get(1));
      alignments.stream()
          .findFirst()
          .flatMap(TaskResult.Aligned::model)
          .ifPresent(model -> ends.put("aligned", model));
    }
    return ends;
  }

  private List<Task> curveTasks(EvaluationPlan plan, ModelId end) {
    List<Task> tasks = new ArrayList<>();
    for (Split split : splits(plan)) {
      for (double lambda : Interpolation.points(plan.curvePoints())) {
        tasks.add(Task.Evaluate.between(models.get(0), end, lambda, plan.data(), split));
      }
    }
    return tasks;
  }

  private static List<Split> splits(EvaluationPlan plan) {
    return plan.curveSplits().stream().sorted().toList();
  }

  private Behavior<Command> onEvaluationDone(EvaluationDone done) {
    List<Score> scores = done.results().stream().map(TaskResult.Evaluated::score).toList();
    int at = 0;
    Optional<Controls> controls = Optional.empty();
    if (request.evaluation().map(EvaluationPlan::controls).orElse(false)) {
      Optional<Score> mergedScore =
          merged.isPresent() ? Optional.of(scores.get(at++)) : Optional.empty();
      List<Score> parents = scores.subList(at, at + models.size());
      at += models.size();
      controls =
          Optional.of(new Controls(mergedScore, parents, scores.get(at), scores.get(at + 1)));
      at += 2;
    }
    Map<String, Map<Split, Curve>> curves = new LinkedHashMap<>();
    for (String name : curveEnds().keySet()) {
      EvaluationPlan plan = request.evaluation().orElseThrow();
      double[] points = Interpolation.points(plan.curvePoints());
      Map<Split, Curve> bySplit = new LinkedHashMap<>();
      for (Split split : splits(plan)) {
        bySplit.put(
            split,
            new Curve(
                IntStream.range(0, points.length).mapToObj(i -> points[i]).toList(),
                scores.subList(at, at + points.length)));
        at += points.length;
      }
      curves.put(name, bySplit);
    }
    replyTo.tell(
        new Done(
            new MergeOutcome(
                models,
                trained,
                alignments,
                merged,
                controls,
                curves.getOrDefault("naive", Map.of()),
                curves.getOrDefault("aligned", Map.of()))));
    return Behaviors.stopped();
  }

  private Behavior<Command> onPhaseFailed(PhaseFailed failed) {
    TaskFailure failure =
        failed.cause() instanceof GivenUp givenUp
            ? givenUp.failure
            : TaskFailure.of(failed.cause());
    replyTo.tell(new Failed(failure));
    return Behaviors.stopped();
  }

  /** Runs the tasks of a phase, a bounded number at a time, and keeps their order. */
  private <R extends TaskResult> void run(
      String phase, List<Task> tasks, Class<R> type, Function<List<R>, Command> done) {
    ActorRef<Progress> listener = progress;
    int[] finished = {0};
    CompletionStage<List<R>> results =
        Source.from(tasks)
            .mapAsync(limits.concurrentTasks(), this::submit)
            .map(
                result -> {
                  listener.tell(new Progress(phase, ++finished[0], tasks.size(), ""));
                  return type.cast(result);
                })
            .runWith(Sink.seq(), getContext().getSystem());
    getContext()
        .pipeToSelf(
            results,
            (all, thrown) ->
                thrown == null ? done.apply(all) : new PhaseFailed(TaskFailure.unwrap(thrown)));
  }

  private CompletionStage<TaskResult> submit(Task task) {
    return AskPattern.<WorkQueue.Command, WorkQueue.Reply>ask(
            queue,
            self -> new WorkQueue.Submit(task, progress, self),
            limits.taskTimeout(),
            getContext().getSystem().scheduler())
        .thenCompose(
            reply ->
                reply instanceof WorkQueue.Done done
                    ? CompletableFuture.completedStage(done.result())
                    : CompletableFuture.failedStage(
                        new GivenUp(((WorkQueue.GivenUp) reply).failure())));
  }
}
