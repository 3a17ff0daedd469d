package org.rebasin.actors.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Optional;
import org.rebasin.actors.http.ApiClient;
import org.rebasin.actors.work.JobId;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rebasin status}. */
@Command(name = "status", description = "Tells how a server's merges stand, or one of them.")
final class StatusCommand extends RebasinCommand {
  @Parameters(arity = "0..1", paramLabel = "ID", description = "The merge (default: the newest).")
  private String id;

  @Option(
      names = "--limit",
      defaultValue = "20",
      description = "Merges to list at most (default: ${DEFAULT-VALUE}).")
  private int limit;

  @Option(names = "--out", description = "Where the merged model is written; needs ID.")
  private Path out;

  @Mixin private ServerOptions server;
  @Mixin private ReportOption report;

  @Override
  Output execute() {
    if (limit < 1 || limit > 1_000) {
      throw new IllegalArgumentException("--limit: expected 1 to 1000, found " + limit);
    }
    if (id == null) {
      if (out != null) {
        throw new IllegalArgumentException("--out: expected the ID of a merge, found none");
      }
      if (report.isGiven()) {
        throw new IllegalArgumentException("--report: expected the ID of a merge, found none");
      }
      JsonNode page = server.client().list(limit);
      return new Output(ApiClient.map(page), Merges.table(page));
    }
    JobId job = new JobId(id);
    Optional.ofNullable(out).ifPresent(RebasinCommand::requireWritable);
    report.requireWritable();
    ApiClient client = server.client();
    JsonNode view = client.view(job);
    if (out != null) {
      Merges.fetch(client, view, out);
    }
    return Merges.output(view, out, report);
  }
}
