package org.rebasin.actors.benchmark;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.Progress;
import org.rebasin.actors.work.Role;
import org.rebasin.actors.work.Strategy;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskKey;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.actors.work.WorkQueue;
import org.rebasin.actors.work.Worker;

/** Tasks that do nothing, of many jobs, through the queue: what queueing costs. */
final class QueueBenchmark {
  private static final int JOBS = 100;
  private static final int TASKS_OF_A_JOB = 100;
  static final int ALL_TASKS = JOBS * TASKS_OF_A_JOB;
  private static final int WORKERS = 4;
  private static final int ROUNDS = 5;

  private QueueBenchmark() {}

  static void run() throws InterruptedException {
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
      best = Math.max(best, tasksPerSecond(ConfigFactory.load()));
    }
    System.out.printf(
        Locale.ROOT,
        "| %,d empty tasks of %d jobs through the queue, %d workers | %,.0f tasks/s |%n",
        ALL_TASKS,
        JOBS,
        WORKERS,
        best);
  }

  static double tasksPerSecond(Config config) throws InterruptedException {
    CountDownLatch done = new CountDownLatch(ALL_TASKS);
    CompletableFuture<Long> started = new CompletableFuture<>();
    ActorSystem<Void> system =
        ActorSystem.create(
            Behaviors.<Void>setup(
                context -> {
                  ActorRef<WorkQueue.Command> queue =
                      context.spawn(
                          WorkQueue.create(
                              new WorkQueue.Rules(3, 3, Duration.ofMillis(100), Duration.ZERO)),
                          "queue");
                  ModelId model = new ModelId("0".repeat(64));
                  for (int worker = 0; worker < WORKERS; worker++) {
                    context.spawn(
                        Worker.create(
                            Role.SOLVER,
                            queue,
                            new Worker.Rhythm(
                                Duration.ofSeconds(1), Duration.ofSeconds(10), Duration.ofDays(1)),
                            (task, progress) ->
                                CompletableFuture.completedStage(new TaskResult.Merged(model))),
                        "worker-" + worker);
                  }
                  ActorRef<Progress> progress =
                      context.spawn(Behaviors.<Progress>ignore(), "progress");
                  ActorRef<WorkQueue.Reply> replies =
                      context.spawn(
                          Behaviors.<WorkQueue.Reply>receiveMessage(
                              reply -> {
                                done.countDown();
                                return Behaviors.same();
                              }),
                          "replies");
                  Task task = new Task.AlignMany(List.of(model), Strategy.MERGE_MANY, 0);
                  started.complete(System.nanoTime());
                  for (int job = 0; job < JOBS; job++) {
                    JobId id = JobId.next(Clock.systemUTC());
                    for (int index = 0; index < TASKS_OF_A_JOB; index++) {
                      queue.tell(
                          new WorkQueue.Submit(
                              new TaskKey(id, "align", index), task, 0, progress, replies));
                    }
                  }
                  return Behaviors.empty();
                }),
            "queue",
            config);
    done.await();
    double seconds = (System.nanoTime() - started.join()) / 1e9;
    system.terminate();
    return ALL_TASKS / seconds;
  }
}
