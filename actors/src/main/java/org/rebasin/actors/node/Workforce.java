package org.rebasin.actors.node;

import akka.actor.typed.ActorRef;
import akka.actor.typed.javadsl.ActorContext;
import akka.stream.Materializer;
import com.typesafe.config.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.stream.ActivationTransfer;
import org.rebasin.actors.work.ActivationCollector;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.Evaluator;
import org.rebasin.actors.work.PermutationSolver;
import org.rebasin.actors.work.Role;
import org.rebasin.actors.work.TaskRunner;
import org.rebasin.actors.work.Trainer;
import org.rebasin.actors.work.WorkQueue;
import org.rebasin.actors.work.Worker;

/** The workers of a node, by its configuration. */
record Workforce(List<ActorRef<Worker.Command>> workers) {
  /**
   * Spawns the workers of some roles as children of an actor.
   *
   * @param config the section {@code rebasin}
   * @param runners wraps what the workers run
   * @param transfer brings activations of models that may not leave their nodes, if there are other
   *     nodes; then tasks may be for this one only
   */
  static Workforce spawn(
      ActorContext<?> parent,
      Config config,
      Set<Role> roles,
      ActorRef<WorkQueue.Command> queue,
      ModelStore store,
      Datasets datasets,
      UnaryOperator<TaskRunner> runners,
      Optional<ActivationTransfer> transfer) {
    Worker.Rhythm rhythm =
        new Worker.Rhythm(
            config.getDuration("work.heartbeat"),
            config.getDuration("work.patience"),
            config.getDuration("work.task-deadline"));
    Materializer materializer = Materializer.createMaterializer(parent.getSystem());
    Optional<String> home = transfer.map(others -> store.home());
    List<ActorRef<Worker.Command>> workers = new ArrayList<>();
    for (Role role : Role.values()) {
      if (roles.contains(role)) {
        TaskRunner runner = runners.apply(runner(role, store, datasets, materializer, transfer));
        int count = config.getInt("work." + role.text() + "s");
        int all = count > 0 ? count : Runtime.getRuntime().availableProcessors();
        for (int i = 1; i <= all; i++) {
          workers.add(
              parent.spawn(
                  Worker.create(role, queue, rhythm, runner, home), role.text() + "-" + i));
        }
      }
    }
    return new Workforce(workers);
  }

  private static TaskRunner runner(
      Role role,
      ModelStore store,
      Datasets datasets,
      Materializer materializer,
      Optional<ActivationTransfer> transfer) {
    return switch (role) {
      case TRAINER -> new Trainer(store, datasets, materializer);
      case COLLECTOR -> new ActivationCollector(store, datasets, materializer, transfer);
      case SOLVER -> new PermutationSolver(store, datasets, materializer);
      case EVALUATOR -> new Evaluator(store, datasets);
    };
  }
}
