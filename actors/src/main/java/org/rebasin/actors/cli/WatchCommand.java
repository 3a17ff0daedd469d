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

/** {@code rebasin watch}. */
@Command(name = "watch", description = "Follows a server's merge to its end.")
final class WatchCommand extends RebasinCommand {
  @Parameters(paramLabel = "ID", description = "The merge.")
  private String id;

  @Option(names = "--out", description = "Where the merged model is written.")
  private Path out;

  @Mixin private ServerOptions server;
  @Mixin private ReportOption report;

  @Override
  Output execute() {
    JobId job = new JobId(id);
    Optional.ofNullable(out).ifPresent(RebasinCommand::requireWritable);
    report.requireWritable();
    ApiClient client = server.client();
    JsonNode view = Merges.follow(client, job);
    if (out != null) {
      Merges.fetch(client, view, out);
    }
    return Merges.output(view, out, report);
  }
}
