package org.rebasin.actors.cli;

import org.rebasin.actors.work.JobId;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code rebasin cancel}. */
@Command(name = "cancel", description = "Cancels a server's merge.")
final class CancelCommand extends RebasinCommand {
  @Parameters(paramLabel = "ID", description = "The merge.")
  private String id;

  @Mixin private ServerOptions server;

  @Override
  Output execute() {
    JobId job = new JobId(id);
    return Merges.output(server.client().cancel(job));
  }
}
