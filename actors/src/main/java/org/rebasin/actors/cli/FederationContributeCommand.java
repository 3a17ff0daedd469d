package org.rebasin.actors.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
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

/** {@code rebasin federation contribute}. */
@Command(
    name = "contribute",
    description =
        "Gives a federation a model. The same model again, for the same base, changes nothing.")
final class FederationContributeCommand extends RebasinCommand {
  @Parameters(index = "0", paramLabel = "NAME", description = "The federation.")
  private String name;

  @Parameters(index = "1", paramLabel = "FILE", description = "The model.")
  private Path file;

  @Option(names = "--participant", required = true, paramLabel = "P", description = "Who gives it.")
  private String participant;

  @Option(
      names = "--examples",
      required = true,
      paramLabel = "N",
      description = "Training images that it has seen.")
  private long examples;

  @Option(
      names = "--base-version",
      paramLabel = "V",
      description = "The version that training began from (default: none, weights of its own).")
  private Optional<Integer> base;

  @Option(
      names = "--metric",
      paramLabel = "NAME=NUMBER",
      description = "What was measured, to be shown; repeatable.")
  private Map<String, Double> metrics = Map.of();

  @Option(
      names = "--private",
      description = "Upload so that the server gives nobody the model's numbers.")
  private boolean isPrivate;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description = "How long to come again while too many wait (default: ${DEFAULT-VALUE}).")
  private long wait;

  @Mixin private ModelOptions models;
  @Mixin private ServerOptions server;

  @Override
  Output execute() {
    FederationName federation = new FederationName(name);
    if (wait < 0) {
      throw new IllegalArgumentException("--wait: expected at least 0, found " + wait);
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("participant", participant);
    base.ifPresent(version -> document.put("base_version", version));
    document.put("examples", examples);
    document.put("metrics", metrics);
    ApiClient client = server.client();
    try (ModelStore store = new ModelStore(temporary())) {
      ModelId id = models.complete(store, models.register(store, List.of(file)).get(0));
      Uploads.upload(client, store, id, isPrivate);
      document.put("model", id.sha256());
    }
    JsonNode view =
        new FederationClient(client).contribute(federation, document, Duration.ofSeconds(wait));
    return new Output(ApiClient.map(view), FederationTexts.contribution(view));
  }
}
