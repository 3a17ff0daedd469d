package org.rebasin.actors.benchmark;

import akka.actor.typed.ActorSystem;
import akka.stream.javadsl.Sink;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.rebasin.actors.job.JobOptions;
import org.rebasin.actors.job.JobStatus;
import org.rebasin.actors.job.JobView;
import org.rebasin.actors.job.JobsOnCluster;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.job.MergeRequest.AlignmentPlan;
import org.rebasin.actors.job.MergeRequest.Stored;
import org.rebasin.actors.node.RebasinNode;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.Matching;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.checkpoint.ModelFile;

/** A thousand merges at once on one node: how long they take, and what the heap holds meanwhile. */
final class JobsBenchmark {
  private static final int WARM_UP = 100;
  private static final int JOBS = 1000;
  private static final int MODELS = 8;
  private static final String ARCHITECTURE = "mlp:24-32-32-10";

  private JobsBenchmark() {}

  static void run() throws IOException {
    try (NodeForBenchmark node = NodeForBenchmark.start()) {
      List<ModelId> models = new ArrayList<>();
      for (int seed = 0; seed < MODELS; seed++) {
        try (var weights = Architecture.parse(ARCHITECTURE).network().initialize(seed)) {
          models.add(node.store().write(weights, Map.of(ModelFile.ARCHITECTURE, ARCHITECTURE)));
        }
      }
      JobsOnCluster jobs = JobsOnCluster.start(node.system(), node.queue());
      awaitAll(node.system(), jobs, submit(jobs, models, WARM_UP));
      long before = NodeForBenchmark.heap();
      long started = System.nanoTime();
      List<JobId> all = submit(jobs, models, JOBS);
      long queued = NodeForBenchmark.heap();
      awaitAll(node.system(), jobs, all.subList(0, JOBS / 2));
      long half = NodeForBenchmark.heap();
      awaitAll(node.system(), jobs, all);
      System.out.printf(
          Locale.ROOT,
          "| %,d merges of small networks submitted at once to one node | %.1f s; heap after a"
              + " collection, before / all queued / half done / all done: %d / %d / %d / %d MiB"
              + " |%n",
          JOBS,
          (System.nanoTime() - started) / 1e9,
          before >> 20,
          queued >> 20,
          half >> 20,
          NodeForBenchmark.heap() >> 20);
    }
  }

  private static List<JobId> submit(JobsOnCluster jobs, List<ModelId> models, int count) {
    List<JobId> submitted = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      MergeRequest request =
          new MergeRequest(
              List.of(
                  new Stored(models.get(i % MODELS)),
                  new Stored(models.get((i + 1 + i / MODELS % (MODELS - 1)) % MODELS))),
              Optional.of(AlignmentPlan.toReference(new Matching.Weight(0), i, false)),
              Optional.of(List.of(0.5, 0.5)),
              Optional.empty(),
              Optional.empty());
      submitted.add(RebasinNode.await(jobs.submit(request, JobOptions.DEFAULT)));
    }
    return submitted;
  }

  private static void awaitAll(ActorSystem<?> system, JobsOnCluster jobs, List<JobId> all) {
    for (JobId job : all) {
      RebasinNode.await(jobs.events(job, 0).runWith(Sink.ignore(), system));
      JobView view = RebasinNode.await(jobs.view(job)).orElseThrow();
      if (view.status() != JobStatus.SUCCEEDED) {
        throw new IllegalStateException(job + ": " + view.status() + " " + view.failure());
      }
    }
  }
}
