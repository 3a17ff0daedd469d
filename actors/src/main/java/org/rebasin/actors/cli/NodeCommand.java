package org.rebasin.actors.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rebasin.actors.federation.Federations;
import org.rebasin.actors.federation.FederationsOnCluster;
import org.rebasin.actors.http.ApiServer;
import org.rebasin.actors.http.ApiSettings;
import org.rebasin.actors.http.ClusterMembers;
import org.rebasin.actors.http.ReplicatedModels;
import org.rebasin.actors.http.StoredModels;
import org.rebasin.actors.job.JobsOnCluster;
import org.rebasin.actors.job.JournalSchema;
import org.rebasin.actors.node.ClusterNode;
import org.rebasin.actors.node.RebasinNode;
import org.rebasin.actors.node.StoreUpkeep;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.store.StoreSettings;
import org.rebasin.actors.telemetry.StoreMetrics;
import org.rebasin.actors.telemetry.Telemetry;
import org.rebasin.actors.work.Datasets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Starts a node of a cluster, and serves it until it is stopped. */
@Command(
    name = "node",
    description =
        "Starts a node of a cluster with its HTTP interface, and runs until it is stopped.")
final class NodeCommand extends RebasinCommand {
  private static final String DIRECTORY = "rebasin.node.directory";

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The configuration (default: config/cluster.conf).")
  private Path file = Path.of(System.getProperty("rebasin.cluster-config", "config/cluster.conf"));

  @Option(names = "--host", paramLabel = "HOST", description = "Where other nodes reach this one.")
  private Optional<String> host;

  @Option(names = "--port", paramLabel = "PORT", description = "The port for other nodes.")
  private Optional<Integer> port;

  @Option(
      names = "--http-port",
      paramLabel = "PORT",
      description = "The port of the HTTP interface.")
  private Optional<Integer> httpPort;

  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description = "Where models and the journal are kept.")
  private Optional<Path> directory;

  @Option(
      names = "--seed-node",
      paramLabel = "HOST:PORT",
      description =
          "A node to join by; repeatable, on all nodes in the same order. The first begins the"
              + " cluster. None: a cluster of this node alone.")
  private List<String> seedNodes = List.of();

  @Option(
      names = "--role",
      paramLabel = "ROLE",
      description =
          "What the node does: coordinator, trainer, collector, solver or evaluator;"
              + " repeatable (default: all).")
  private List<String> roles = List.of();

  @Override
  Output execute() {
    Config config = Telemetry.start(config());
    ApiSettings api = ApiSettings.of(config);
    ClusterNode.requireSettings(config);
    JournalSchema.requireReachable(config);
    Path home = Path.of(config.getString(DIRECTORY));
    try (ModelStore store =
        ModelStore.durable(home, StoreSettings.of(config.getConfig("rebasin.store")))) {
      StoreMetrics.watch(home);
      ClusterNode node = ClusterNode.start(config, store, new Datasets(api.data()));
      // A node that cannot start is not stopped here: its end would be the process's, before
      // anything is said. It leaves its cluster when the process ends with the failure.
      RebasinNode.await(node.joined());
      JournalSchema.create(node.system());
      JobsOnCluster jobs = JobsOnCluster.start(node.system(), node.queue());
      Federations federations = FederationsOnCluster.start(node.system(), node.queue());
      StoreUpkeep.start(node.system(), store, List.of(jobs::namedModels, federations::namedModels));
      ApiServer server =
          RebasinNode.await(
              ApiServer.bind(
                  api,
                  new ApiServer.Services(
                      jobs,
                      federations,
                      new ReplicatedModels(
                          new StoredModels(store, home, node.system()), node.replicas()),
                      new ClusterMembers(node.system(), node.queue()),
                      Telemetry::actors),
                  node.system()));
      System.err.println("rebasin: ready at " + server.uri());
      RebasinNode.await(node.stopped());
      return new Output(Map.of("stopped", true), "stopped");
    }
  }

  /** The file's settings, and over them those of the command line. */
  private Config config() {
    if (!Files.isReadable(file)) {
      throw new IllegalArgumentException(
          "--config: expected a file that can be read, found none at " + file.toAbsolutePath());
    }
    Config told = ConfigFactory.empty();
    told = with(told, "rebasin.node.host", host);
    told = with(told, "rebasin.node.port", port);
    told = with(told, "rebasin.http.port", httpPort);
    told = with(told, DIRECTORY, directory.map(Path::toString));
    told = with(told, "rebasin.node.seed-nodes", Optional.of(seedNodes).filter(s -> !s.isEmpty()));
    told = with(told, "rebasin.node.roles", Optional.of(roles).filter(r -> !r.isEmpty()));
    try {
      Config all = told.withFallback(ConfigFactory.parseFile(file.toFile()));
      // The journal's file is in it as well, and H2 takes no path that is relative.
      Path absolute = Path.of(ConfigFactory.load(all).getString(DIRECTORY)).toAbsolutePath();
      return ConfigFactory.load(with(all, DIRECTORY, Optional.of(absolute.toString())));
    } catch (ConfigException problem) {
      throw new IllegalArgumentException(file + ": " + problem.getMessage(), problem);
    }
  }

  private static Config with(Config config, String path, Optional<?> value) {
    return value
        .map(told -> config.withValue(path, ConfigValueFactory.fromAnyRef(told)))
        .orElse(config);
  }
}
