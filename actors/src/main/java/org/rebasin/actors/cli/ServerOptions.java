package org.rebasin.actors.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.rebasin.actors.http.ApiClient;
import picocli.CommandLine.Option;

/** Which server a command talks to. */
final class ServerOptions {
  @Option(
      names = "--url",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:8080",
      description = "The server (default: ${DEFAULT-VALUE}).")
  private String url;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "A file with the token that the server wants.")
  private Path tokenFile;

  @Option(
      names = "--ca-file",
      paramLabel = "FILE",
      description = "Certificates in PEM, one of which the server must show.")
  private Path certificates;

  ApiClient client() {
    return new ApiClient(
        url,
        Optional.ofNullable(tokenFile).map(ApiClient::token),
        Optional.ofNullable(certificates));
  }
}
