package org.rebasin.actors.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import org.rebasin.actors.federation.FederationName;
import org.rebasin.actors.http.ApiClient;
import org.rebasin.actors.http.FederationClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rebasin federation watch}. */
@Command(
    name = "watch",
    description = "Tells what happens to a federation, from its beginning until it is closed.")
final class FederationWatchCommand extends RebasinCommand {
  @Parameters(paramLabel = "NAME", description = "The federation.")
  private String name;

  @Option(
      names = "--until",
      paramLabel = "VERSION",
      description = "End when there is this version (default: when it is closed).")
  private Optional<Integer> until;

  @Mixin private ServerOptions server;

  @Override
  Output execute() {
    FederationName federation = new FederationName(name);
    JsonNode view =
        new FederationClient(server.client())
            .follow(
                federation,
                event -> {
                  System.err.println(FederationTexts.event(event));
                  return until.isEmpty()
                      || !event.path("kind").asText().equals("published")
                      || event.path("version").asInt() < until.get();
                });
    return new Output(ApiClient.map(view), FederationTexts.view(view));
  }
}
