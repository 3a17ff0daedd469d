package org.rebasin.actors.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.rebasin.actors.federation.FederationName;
import org.rebasin.actors.http.ApiException;
import org.rebasin.actors.http.FederationClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rebasin federation pull}. */
@Command(name = "pull", description = "Downloads a federation's global model.")
final class FederationPullCommand extends RebasinCommand {
  @Parameters(paramLabel = "NAME", description = "The federation.")
  private String name;

  @Option(
      names = "--version",
      paramLabel = "V",
      description = "Which version (default: the current one).")
  private Optional<Integer> version;

  @Option(
      names = "--other-than",
      paramLabel = "V",
      description = "The version that is here; another is waited for, as --wait says.")
  private Optional<Integer> other;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "0",
      description = "How long to wait if there is none yet (default: ${DEFAULT-VALUE}).")
  private long wait;

  @Option(names = "--out", required = true, description = "Where the model is written.")
  private Path out;

  @Mixin private ServerOptions server;

  @Override
  Output execute() {
    FederationName federation = new FederationName(name);
    if (version.isPresent() && (other.isPresent() || wait > 0)) {
      throw new IllegalArgumentException(
          "--version: expected neither --other-than nor --wait beside it, which are of the current"
              + " version");
    }
    if (wait < 0) {
      throw new IllegalArgumentException("--wait: expected at least 0, found " + wait);
    }
    requireWritable(out);
    FederationClient.Pulled pulled =
        new FederationClient(server.client())
            .pull(federation, number(version), number(other), Duration.ofSeconds(wait), out)
            .orElseThrow(
                () ->
                    new ApiException(
                        ApiException.Cause.FAILED,
                        "federation %s has no %sversion yet"
                            .formatted(federation, other.isPresent() ? "other " : "")));
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("name", name);
    document.put("version", pulled.version());
    document.put("model", pulled.model().sha256());
    document.put("out", out.toString());
    return new Output(document, "version %d written to %s".formatted(pulled.version(), out));
  }

  private static OptionalInt number(Optional<Integer> option) {
    return option.map(OptionalInt::of).orElse(OptionalInt.empty());
  }
}
