package org.rebasin.actors.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rebasin.actors.federation.FederationName;
import org.rebasin.actors.http.ApiClient;
import org.rebasin.actors.http.FederationClient;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rebasin federation create}. */
@Command(
    name = "create",
    description =
        "Creates a federation as a file says, and over it the options. The same again changes"
            + " nothing.")
final class FederationCreateCommand extends RebasinCommand {
  @Parameters(paramLabel = "NAME", description = "Small letters, digits and hyphens.")
  private String name;

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "HOCON or JSON of the fields that the server takes.")
  private Path file;

  @Option(
      names = "--architecture",
      paramLabel = "ARCH",
      description = "Of all contributions, such as mlp:784-512-10.")
  private Optional<String> architecture;

  @Option(
      names = "--initial",
      paramLabel = "FILE",
      description = "The first version's model (default: the first contributions, aligned).")
  private Path initial;

  @Option(
      names = "--data",
      description =
          "What versions are held to: digits, or a data set by the name that the server gives it.")
  private Optional<String> data;

  @Option(
      names = "--margin",
      description = "By how much the accuracy may fall, 0 to 1 (default: 0.01).")
  private Optional<Double> margin;

  @Option(
      names = "--method",
      description = "How contributions are aligned, or none (default: weight).")
  private Optional<String> method;

  @Option(
      names = "--rule",
      description = "fedavg, fedbuff, trimmed-mean or median (default: fedavg).")
  private Optional<String> rule;

  @Option(names = "--buffer", description = "Contributions of a version (default: 4).")
  private Optional<Integer> buffer;

  @Option(
      names = "--remembered",
      description =
          "Participants whose newest contribution counts again in later versions (default: 0).")
  private Optional<Integer> remembered;

  @Option(
      names = "--patience",
      description = "After what time there is a version of fewer: 90s, 20m or 2h (default: 5m).")
  private Optional<String> patience;

  @Option(names = "--seed", description = "Of whatever is random (default: 0).")
  private Optional<Long> seed;

  @Mixin private ServerOptions server;

  @Override
  Output execute() {
    FederationName federation = new FederationName(name);
    Config document = document();
    ApiClient client = server.client();
    if (initial != null) {
      try (ModelStore store = new ModelStore(temporary())) {
        ModelId id = store.register(initial, Optional.empty());
        Uploads.upload(client, store, id, false);
        document = with(document, "initial", Optional.of(id.sha256()));
      }
    }
    JsonNode view = new FederationClient(client).create(federation, document.root().unwrapped());
    return new Output(ApiClient.map(view), FederationTexts.view(view));
  }

  /** The file's fields, and over them those of the command line. */
  private Config document() {
    Config document = ConfigFactory.empty();
    if (file != null) {
      if (!Files.isReadable(file)) {
        throw new IllegalArgumentException(
            "--file: expected a file that can be read, found none at " + file.toAbsolutePath());
      }
      try {
        document = ConfigFactory.parseFile(file.toFile()).resolve();
      } catch (ConfigException problem) {
        throw new IllegalArgumentException(file + ": " + problem.getMessage(), problem);
      }
    }
    for (Map.Entry<String, Optional<?>> field :
        List.<Map.Entry<String, Optional<?>>>of(
            Map.entry("architecture", architecture),
            Map.entry("gate.data", data),
            Map.entry("gate.margin", margin),
            Map.entry("alignment.method", method),
            Map.entry("aggregation.rule", rule),
            Map.entry("buffer", buffer),
            Map.entry("remembered", remembered),
            Map.entry("patience", patience),
            Map.entry("seed", seed))) {
      document = with(document, field.getKey(), field.getValue());
    }
    return document;
  }

  private static Config with(Config document, String path, Optional<?> value) {
    return value
        .map(given -> document.withValue(path, ConfigValueFactory.fromAnyRef(given)))
        .orElse(document);
  }
}
