package org.rebasin.actors.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.typed.ActorRef;
import akka.actor.typed.javadsl.Adapter;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.rebasin.actors.store.Labels;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.Outline;
import org.rebasin.actors.stream.StreamProtocol;
import org.rebasin.actors.wire.WireClasses;
import org.rebasin.actors.wire.WireMessage;
import org.rebasin.actors.wire.WireSerializer;
import org.rebasin.actors.work.Combination;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.Ingredient;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Preparation;
import org.rebasin.actors.work.Progress;
import org.rebasin.actors.work.QueueLoad;
import org.rebasin.actors.work.Role;
import org.rebasin.actors.work.Split;
import org.rebasin.actors.work.Strategy;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskFailure;
import org.rebasin.actors.work.TaskKey;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.actors.work.WorkQueue;
import org.rebasin.actors.work.Worker;
import org.rebasin.model.aggregation.AggregationSettings;
import org.rebasin.model.alignment.Alignment;
import org.rebasin.model.alignment.ManyAlignment;
import org.rebasin.model.evaluation.Calibration;
import org.rebasin.model.evaluation.Evaluation;
import org.rebasin.model.evaluation.Score;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingSettings;

class NodeProtocolTest {
  /**
   * Bytes as nodes send them since the first version, or since there is such a message: a line for
   * each.
   */
  private static final String FIXTURE = "/wire/messages-1.txt";

  /** Those whose shape has changed since, as they were sent before. */
  private static final String FORMER = "/wire/former-1.txt";

  /** Messages that never leave their node. */
  private static final Set<Class<?>> LOCAL = Set.of(Worker.Drain.class);

  private static ActorTestKit kit;
  private static WireSerializer serializer;

  @BeforeAll
  static void start() {
    kit = ActorTestKit.create("wire");
    serializer =
        new WireSerializer((akka.actor.ExtendedActorSystem) Adapter.toClassic(kit.system()));
  }

  @AfterAll
  static void stop() {
    kit.shutdownTestKit();
  }

  /**
   * At least one of every listed class, alone or inside another; those by which models move have a
   * test of their own.
   */
  private static List<Object> messages() {
    ModelId a = new ModelId("a1".repeat(32));
    ModelId b = new ModelId("0b".repeat(32));
    JobId job = new JobId("01ARZ3NDEKTSV4RRFFQ69G5FAV");
    TaskKey key = new TaskKey(job, "align", 300);
    ActorRef<Progress> progress = kit.system().deadLetters();
    ActorRef<WorkQueue.Reply> replyTo = kit.system().deadLetters();
    ActorRef<Worker.Command> worker = kit.system().deadLetters();
    Permutations permutations =
        new Permutations(List.of(Permutation.of(2, 0, 1), Permutation.identity(200)));
    TrainingSettings settings =
        new TrainingSettings(
            3, 128, Optimizer.Kind.ADAM, 1e-3, 5e-4, 0.5, Schedule.Decay.COSINE, -7);
    Correction correction = new Correction(Correction.Kind.REPAIR, "digits", 500);
    Task.Member member = new Task.Member(a, Optional.of(permutations));
    List<Task> tasks =
        List.of(
            new Task.Train(
                "first",
                "mlp:784-16-10",
                "digits",
                Optional.of(1000),
                settings,
                Preparation.NONE,
                true),
            new Task.Collect(a, b, "digits", 1, 4),
            new Task.Align(a, b, new Matching.Weight(2), List.of(), Long.MIN_VALUE, true),
            new Task.Align(a, b, new Matching.Activation(true, "digits"), List.of(a, b), 1, false),
            new Task.Align(
                a, b, new Matching.StraightThrough("digits", 2, 64, 0.1), List.of(), 1, true),
            new Task.AlignMany(List.of(a, b), Strategy.CYCLE_CONSISTENT, 5),
            new Task.Merge(
                List.of(member, new Task.Member(b, Optional.empty())),
                List.of(0.25, 0.75),
                Map.of("strategy", "to-reference", "method", "weight", "seed", "3")),
            new Task.Correct(a, List.of(member), List.of(1.0), correction),
            new Task.Evaluate(
                List.of(a, b),
                List.of(0.5, 0.5),
                Combination.LOGITS,
                Optional.of(correction),
                "digits",
                Split.TEST));
    Evaluation evaluation =
        new Evaluation(
            new Score(12.5, 3, 4), new Calibration(List.of(new Calibration.Bin(4, 3.5, 3))));
    List<TaskResult> results =
        List.of(
            new TaskResult.Trained(
                a,
                List.of(new TaskResult.EpochReport(1, 0.5, 0.75, Double.NaN, 0.5, 1e4)),
                List.of(a, b),
                1.5),
            new TaskResult.Collected(a),
            new TaskResult.AlignedMany(
                new ManyAlignment(
                    "merge-many",
                    List.of(permutations, permutations),
                    1,
                    2,
                    List.of(1.5, 2.0),
                    6,
                    0.25,
                    9)),
            new TaskResult.Aligned(
                new Alignment("weight", permutations, 1, 2, 3, 0.125, 11, List.of(1.5, 1.75, 2.0)),
                List.of(new TaskResult.GroupReport("fc1", 3, 3)),
                Optional.of(b)),
            new TaskResult.Merged(b),
            new TaskResult.Evaluated(evaluation));
    List<Object> messages = new ArrayList<>();
    tasks.forEach(task -> messages.add(new WorkQueue.Submit(key, task, 3, progress, replyTo)));
    results.forEach(result -> messages.add(new WorkQueue.Completed(key, worker, result)));
    messages.addAll(
        List.of(
            new WorkQueue.Withdraw(job),
            new WorkQueue.Pull(Role.SOLVER, worker, 5),
            new WorkQueue.Holding(key, Role.EVALUATOR, worker, 6),
            new WorkQueue.Progressed(key, new Progress("first", 3, 10, "0.75")),
            new WorkQueue.Failed(key, worker, true, "no such data"),
            new WorkQueue.HandedBack(key, worker),
            new WorkQueue.Done(key, results.get(4)),
            new WorkQueue.GivenUp(key, new TaskFailure(false, "twice", List.of("once", "twice"))),
            new Worker.Assigned(key, 8, tasks.get(1)),
            new Worker.Acknowledged(key)));
    // What later versions added.
    AggregationSettings aggregation =
        new AggregationSettings(
            AggregationSettings.Rule.TRIMMED_MEAN,
            AggregationSettings.ServerOptimizer.ADAM,
            0.5,
            0.9,
            1,
            0.25);
    List.of(
            new Task.TrainFrom((Task.Train) tasks.get(0), b, 0.125),
            new Task.AlignFrom((Task.Align) tasks.get(2), permutations),
            new Task.Screen(Optional.of(a), "mlp:784-16-10", b, 10),
            new Task.Aggregate(
                Optional.of(a),
                Optional.of(b),
                List.of(
                    new Ingredient(b, Optional.of(permutations), Optional.of(a), 3, 60_000),
                    new Ingredient(a, Optional.empty(), Optional.empty(), 0, 1)),
                aggregation))
        .forEach(task -> messages.add(new WorkQueue.Submit(key, task, 3, progress, replyTo)));
    List.of(
            new TaskResult.Screened(Optional.of("fc2.bias holds NaN at 17"), Double.NaN, 21.5),
            new TaskResult.Aggregated(a, Optional.of(b)))
        .forEach(result -> messages.add(new WorkQueue.Completed(key, worker, result)));
    messages.add(new WorkQueue.Submit(key, new Task.CountExamples("digits"), 3, progress, replyTo));
    messages.add(new WorkQueue.Completed(key, worker, new TaskResult.ExamplesCounted(60000)));
    Outline outline =
        new Outline(
            1024,
            "mlp:2-1",
            Map.of("normalization", "mnist"),
            List.of(new Outline.Part("fc1.weight", "F32", List.of(1L, 2L), true)));
    List.of(
            new Task.CollectApart((Task.Collect) tasks.get(1), outline),
            new Task.Match(a, b, outline, new Matching.Activation(true, "digits"), List.of(a, b)),
            new Task.Placed(tasks.get(1), Optional.of("home"), List.of("home", "other")))
        .forEach(task -> messages.add(new WorkQueue.Submit(key, task, 3, progress, replyTo)));
    messages.add(
        new WorkQueue.Completed(
            key, worker, new TaskResult.Matched((TaskResult.Aligned) results.get(3), 1.25, 2.5)));
    messages.add(new WorkQueue.Stationed(Role.SOLVER, worker, "home"));
    messages.add(new WorkQueue.Measure(kit.system().deadLetters()));
    messages.add(
        new QueueLoad(
            List.of(new QueueLoad.Waiting(Role.SOLVER, 3)),
            List.of(new QueueLoad.Workers("akka://rebasin@127.0.0.1:25520", Role.TRAINER, 2, 1))));
    return messages;
  }

  @Test
  void everyMessageComesBack() {
    for (Object message : messages()) {
      assertEquals(message, serializer.fromBinary(serializer.toBinary(message), "1"));
    }
  }

  @Test
  void everyListedClassIsAmongThem() {
    Set<Class<?>> seen = new HashSet<>();
    messages().forEach(message -> collect(message, seen));
    seen.addAll(WireClasses.of(new StreamProtocol()).types());
    seen.add(Labels.class);
    assertEquals(names(WireClasses.of(new NodeProtocol()).types()), names(seen));
  }

  @Test
  void everyMessageBetweenNodesIsListed() throws Exception {
    Set<Class<?>> marked = new HashSet<>();
    Path classes =
        Path.of(NodeProtocol.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    try (Stream<Path> files = Files.walk(classes.resolve("org/rebasin/actors"))) {
      for (Path file : files.filter(each -> each.toString().endsWith(".class")).toList()) {
        String path = classes.relativize(file).toString();
        Class<?> each =
            Class.forName(
                path.substring(0, path.length() - ".class".length())
                    .replace(File.separatorChar, '.'),
                false,
                NodeProtocol.class.getClassLoader());
        if (WireMessage.class.isAssignableFrom(each)
            && each.isRecord()
            && Modifier.isPublic(each.getModifiers())
            && !LOCAL.contains(each)) {
          marked.add(each);
        }
      }
    }
    assertFalse(marked.isEmpty());
    marked.removeAll(WireClasses.of(new NodeProtocol()).types());
    assertEquals(Set.of(), marked);
  }

  @Test
  void bytesAreThoseOfTheFirstVersion() throws IOException {
    assertEquals(
        fixture(FIXTURE),
        messages().stream()
            .map(
                message ->
                    message.getClass().getSimpleName()
                        + " "
                        + HexFormat.of().formatHex(serializer.toBinary(message)))
            .toList());
  }

  @Test
  void bytesOfTheFirstVersionAreRead() throws IOException {
    assertEquals(messages(), read(FIXTURE));
  }

  @Test
  void bytesOfFormerShapesAreRead() throws IOException {
    WorkQueue.Completed now =
        messages().stream()
            .filter(WorkQueue.Completed.class::isInstance)
            .map(WorkQueue.Completed.class::cast)
            .filter(completed -> completed.result() instanceof TaskResult.Aligned)
            .findFirst()
            .orElseThrow();
    WorkQueue.Submit merge =
        messages().stream()
            .filter(WorkQueue.Submit.class::isInstance)
            .map(WorkQueue.Submit.class::cast)
            .filter(submit -> submit.task() instanceof Task.Merge)
            .findFirst()
            .orElseThrow();
    Task.Merge merged = (Task.Merge) merge.task();
    TaskResult.Aligned aligned = (TaskResult.Aligned) now.result();
    Alignment told = aligned.alignment();
    Alignment before =
        new Alignment(
            told.method(),
            told.permutations(),
            told.objectiveBefore(),
            told.objective(),
            told.sweeps(),
            told.seconds(),
            told.seed());
    assertEquals(
        List.of(
            new WorkQueue.Completed(
                now.key(),
                now.worker(),
                new TaskResult.Aligned(before, aligned.groups(), aligned.model())),
            new WorkQueue.Submit(
                merge.key(),
                new Task.Merge(
                    merged.members(), merged.weights(), Map.of("strategy", "to-reference")),
                merge.priority(),
                merge.progress(),
                merge.replyTo())),
        read(FORMER));
  }

  private static List<Object> read(String name) throws IOException {
    return fixture(name).stream()
        .map(line -> HexFormat.of().parseHex(line.substring(line.indexOf(' ') + 1)))
        .map(bytes -> serializer.fromBinary(bytes, "1"))
        .toList();
  }

  private static List<String> fixture(String name) throws IOException {
    try (InputStream fixture = NodeProtocolTest.class.getResourceAsStream(name)) {
      return new String(fixture.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  private static Set<String> names(Set<Class<?>> types) {
    return types.stream().map(Class::getName).collect(Collectors.toCollection(TreeSet::new));
  }

  private static void collect(Object value, Set<Class<?>> seen) {
    if (value instanceof Optional<?> optional) {
      optional.ifPresent(each -> collect(each, seen));
    } else if (value instanceof Collection<?> elements) {
      elements.forEach(each -> collect(each, seen));
    } else if (value instanceof Map<?, ?> map) {
      collect(map.keySet(), seen);
      collect(map.values(), seen);
    } else if (value instanceof Enum<?> constant) {
      seen.add(constant.getDeclaringClass());
    } else if (value instanceof Permutation) {
      seen.add(Permutation.class);
    } else if (value instanceof Record) {
      seen.add(value.getClass());
      for (RecordComponent component : value.getClass().getRecordComponents()) {
        try {
          collect(component.getAccessor().invoke(value), seen);
        } catch (ReflectiveOperationException problem) {
          throw new AssertionError(problem);
        }
      }
    }
  }
}
