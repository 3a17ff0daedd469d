package org.rebasin.actors.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.function.BiFunction;
import org.rebasin.actors.federation.FederationName;
import org.rebasin.actors.http.ApiClient;
import org.rebasin.actors.http.FederationClient;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code rebasin federation}. */
@Command(
    name = "federation",
    description = "Talks to a server about its federations: global models that go on growing.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    subcommands = {
      FederationCreateCommand.class,
      FederationCommand.ListAll.class,
      FederationCommand.Status.class,
      FederationContributeCommand.class,
      FederationPullCommand.class,
      FederationWatchCommand.class,
      FederationCommand.Pause.class,
      FederationCommand.Resume.class,
      FederationCommand.Close.class,
      FederationCommand.Rollback.class,
      FederationCommand.Verify.class
    })
final class FederationCommand implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(),
        "expected create, list, status, contribute, pull, watch, pause, resume, close, rollback or"
            + " verify");
  }

  /** {@code rebasin federation list}. */
  @Command(name = "list", description = "Lists a server's federations.")
  static final class ListAll extends RebasinCommand {
    @Mixin private ServerOptions server;

    @Override
    Output execute() {
      JsonNode list = new FederationClient(server.client()).list();
      return new Output(ApiClient.map(list), FederationTexts.table(list));
    }
  }

  /** A command whose answer is how a federation stands. */
  abstract static class OfOne extends RebasinCommand {
    @Parameters(index = "0", paramLabel = "NAME", description = "The federation.")
    private String name;

    @Mixin private ServerOptions server;

    final Output output(BiFunction<FederationClient, FederationName, JsonNode> ask) {
      FederationName federation = new FederationName(name);
      JsonNode view = ask.apply(new FederationClient(server.client()), federation);
      return new Output(ApiClient.map(view), FederationTexts.view(view));
    }
  }

  /** {@code rebasin federation status}. */
  @Command(name = "status", description = "Tells how a federation stands.")
  static final class Status extends OfOne {
    @Override
    Output execute() {
      return output(FederationClient::view);
    }
  }

  /** {@code rebasin federation pause}. */
  @Command(name = "pause", description = "Has a federation take no contributions for now.")
  static final class Pause extends OfOne {
    @Override
    Output execute() {
      return output((client, name) -> client.govern(name, "pause"));
    }
  }

  /** {@code rebasin federation resume}. */
  @Command(name = "resume", description = "Has a paused federation go on.")
  static final class Resume extends OfOne {
    @Override
    Output execute() {
      return output((client, name) -> client.govern(name, "resume"));
    }
  }

  /** {@code rebasin federation close}. */
  @Command(name = "close", description = "Ends a federation for ever; its versions stay.")
  static final class Close extends OfOne {
    @Override
    Output execute() {
      return output((client, name) -> client.govern(name, "close"));
    }
  }

  /** {@code rebasin federation rollback}. */
  @Command(
      name = "rollback",
      description = "Makes an earlier version the current one, which the next continues.")
  static final class Rollback extends OfOne {
    @Parameters(index = "1", paramLabel = "VERSION", description = "The version's number.")
    private int version;

    @Override
    Output execute() {
      return output((client, name) -> client.rollback(name, version));
    }
  }

  /** {@code rebasin federation verify}. */
  @Command(
      name = "verify",
      description = "Makes a version again from its record, and compares the bytes.")
  static final class Verify extends RebasinCommand {
    @Parameters(index = "0", paramLabel = "NAME", description = "The federation.")
    private String name;

    @Parameters(
        index = "1",
        arity = "0..1",
        paramLabel = "VERSION",
        description = "The version's number (default: the current one).")
    private Optional<Integer> version;

    @Mixin private ServerOptions server;

    @Override
    Output execute() {
      FederationName federation = new FederationName(name);
      FederationClient client = new FederationClient(server.client());
      int number = version.orElseGet(() -> current(client, federation));
      JsonNode made = client.reproduce(federation, number);
      if (!made.path("same").asBoolean()) {
        throw new IllegalStateException(
            "version %d of federation %s: recorded %s, made again %s"
                .formatted(
                    number, name, made.path("recorded").asText(), made.path("made").asText()));
      }
      return new Output(
          ApiClient.map(made),
          "version %d is %s, and comes out the same again"
              .formatted(number, made.path("recorded").asText()));
    }

    private static int current(FederationClient client, FederationName federation) {
      JsonNode version = client.view(federation).path("version");
      if (!version.canConvertToInt()) {
        throw new IllegalArgumentException("federation " + federation + " has no version yet");
      }
      return version.asInt();
    }
  }
}
