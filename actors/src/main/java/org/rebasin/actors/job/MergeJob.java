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
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.rebasin.actors.job.MergeRequest.AlignmentPlan;
import org.rebasin.actors.job.MergeRequest.EvaluationPlan;
import org.rebasin.actors.job.MergeRequest.Stored;
import org.rebasin.actors.job.MergeRequest.ToTrain;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Progress;
import org.rebasin.actors.work.Strategy;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskFailure;
import org.rebasin.actors.work.TaskKey;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.actors.work.WorkQueue;
import org.rebasin.model.permutation.Permutations;

/**
 * One merge: trains what is to be trained, measures activations, aligns all models, averages and
 * corrects them, and evaluates what was asked for. Each phase sends its tasks to the queue as a
 * stream, a bounded number at a time, and the next begins when all have come back; the queue sees
 * to workers that fail.
 *
 * <p>Holds its state in memory: a job is lost when its actor is.
 */
public final class MergeJob extends AbstractBehavior<MergeJob.Command> {
  /** What a job receives: its own phases' ends only. */
  public sealed interface Command {}

  private record TrainingDone(List<TaskResult.Trained> results) implements Command {}

  private record CollectionDone(List<TaskResult.Collected> results) implements Command {}

  private record AlignmentDone(List<TaskResult.Aligned> results) implements Command {}

  private record CommonAlignmentDone(TaskResult.AlignedMany result) implements Command {}

  private record MergeDone(TaskResult.Merged result) implements Command {}

  private record CorrectionDone(TaskResult.Merged result) implements Command {}

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

  private final JobId id = JobId.next(Clock.systemUTC());
  private final MergeRequest request;
  private final Limits limits;
  private final ActorRef<WorkQueue.Command> queue;
  private final ActorRef<Progress> progress;
  private final ActorRef<Reply> replyTo;

  private List<TaskResult.Trained> trained = List.of();
  private List<ModelId> models = List.of();
  private List<TaskResult.Aligned> alignments = List.of();
  private Optional<TaskResult.AlignedMany> common = Optional.empty();
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
        .onMessage(CollectionDone.class, this::onCollectionDone)
        .onMessage(AlignmentDone.class, this::onAlignmentDone)
        .onMessage(CommonAlignmentDone.class, this::onCommonAlignmentDone)
        .onMessage(MergeDone.class, this::onMergeDone)
        .onMessage(CorrectionDone.class, this::onCorrectionDone)
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
    if (request.alignment().isEmpty()) {
      return merge();
    }
    AlignmentPlan plan = request.alignment().get();
    if (plan.strategy() != Strategy.TO_REFERENCE) {
      run(
          "align",
          List.of(new Task.AlignMany(models, plan.strategy(), plan.seed())),
          TaskResult.AlignedMany.class,
          results -> new CommonAlignmentDone(results.get(0)));
      return this;
    }
    List<Task> collections = new ArrayList<>();
    if (plan.matching() instanceof Matching.Activation activation) {
      for (ModelId model : toAlign()) {
        for (int shard = 0; shard < Matching.Activation.SHARDS; shard++) {
          collections.add(
              new Task.Collect(
                  models.get(0), model, activation.data(), shard, Matching.Activation.SHARDS));
        }
      }
    }
    run("collect", collections, TaskResult.Collected.class, CollectionDone::new);
    return this;
  }

  private List<ModelId> toAlign() {
    return models.subList(1, models.size());
  }

  private Behavior<Command> onCollectionDone(CollectionDone done) {
    List<ModelId> moments = done.results().stream().map(TaskResult.Collected::moments).toList();
    int shards = moments.size() / toAlign().size();
    List<Task> tasks =
        IntStream.range(0, toAlign().size())
            .mapToObj(i -> align(i, moments.subList(i * shards, (i + 1) * shards)))
            .toList();
    run("align", tasks, TaskResult.Aligned.class, AlignmentDone::new);
    return this;
  }

  private Task align(int index, List<ModelId> moments) {
    AlignmentPlan plan = request.alignment().orElseThrow();
    boolean curve =
        index == 0 && request.evaluation().map(EvaluationPlan::curvePoints).orElse(0) > 0;
    return new Task.Align(
        models.get(0),
        toAlign().get(index),
        plan.matching(),
        moments,
        plan.seed(),
        plan.keepModels() || curve);
  }

  private Behavior<Command> onAlignmentDone(AlignmentDone done) {
    alignments = done.results();
    return merge();
  }

  private Behavior<Command> onCommonAlignmentDone(CommonAlignmentDone done) {
    common = Optional.of(done.result());
    return merge();
  }

  private Behavior<Command> merge() {
    if (request.merge().isEmpty()) {
      return evaluate();
    }
    run(
        "merge",
        List.of(new Task.Merge(members(), request.merge().get(), strategy())),
        TaskResult.Merged.class,
        results -> new MergeDone(results.get(0)));
    return this;
  }

  private Strategy strategy() {
    return request.alignment().map(AlignmentPlan::strategy).orElse(Strategy.TO_REFERENCE);
  }

  /** The models with what brings them into the common order. */
  private List<Task.Member> members() {
    return IntStream.range(0, models.size())
        .mapToObj(i -> new Task.Member(models.get(i), permutations(i)))
        .toList();
  }

  private Optional<Permutations> permutations(int model) {
    if (common.isPresent()) {
      return Optional.of(common.get().alignment().permutations().get(model));
    }
    return model == 0 || alignments.isEmpty()
        ? Optional.empty()
        : Optional.of(alignments.get(model - 1).alignment().permutations());
  }

  private Behavior<Command> onMergeDone(MergeDone done) {
    merged = Optional.of(done.result().model());
    if (request.correction().isEmpty()) {
      return evaluate();
    }
    run(
        "correct",
        List.of(
            new Task.Correct(
                done.result().model(),
                members(),
                request.merge().orElseThrow(),
                request.correction().get())),
        TaskResult.Merged.class,
        results -> new CorrectionDone(results.get(0)));
    return this;
  }

  private Behavior<Command> onCorrectionDone(CorrectionDone done) {
    merged = Optional.of(done.result().model());
    return evaluate();
  }

  private Behavior<Command> evaluate() {
    run("evaluate", evaluations().tasks(), TaskResult.Evaluated.class, EvaluationDone::new);
    return this;
  }

  private Evaluations evaluations() {
    return new Evaluations(
        request,
        models,
        alignments.stream().findFirst().flatMap(TaskResult.Aligned::model),
        merged);
  }

  private Behavior<Command> onEvaluationDone(EvaluationDone done) {
    replyTo.tell(
        new Done(
            new MergeOutcome(
                models,
                trained,
                alignments,
                common,
                merged,
                evaluations().controls(done.results()),
                evaluations().curves(done.results()))));
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
        Source.range(0, tasks.size() - 1)
            .mapAsync(
                limits.concurrentTasks(),
                index -> submit(new TaskKey(id, phase, index), tasks.get(index)))
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

  private CompletionStage<TaskResult> submit(TaskKey key, Task task) {
    return AskPattern.<WorkQueue.Command, WorkQueue.Reply>ask(
            queue,
            self -> new WorkQueue.Submit(key, task, 0, progress, self),
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
