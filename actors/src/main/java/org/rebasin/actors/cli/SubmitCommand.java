package org.rebasin.actors.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rebasin.actors.http.ApiClient;
import org.rebasin.actors.job.MergeRequest.AlignmentPlan;
import org.rebasin.actors.report.Documents;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.Correction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code rebasin submit}. */
@Command(name = "submit", description = "Has a server merge models, and uploads those it lacks.")
final class SubmitCommand extends RebasinCommand {
  @Option(
      names = "--data",
      description = "Evaluate on: digits, or a data set by the name that the server gives it.")
  private String data;

  @Option(
      names = "--points",
      defaultValue = "0",
      description = "Points of a loss curve between the first two models (default: no curve).")
  private int points;

  @Option(
      names = "--priority",
      defaultValue = "0",
      description = "Of the merge's tasks, -100 to 100 (default: ${DEFAULT-VALUE}).")
  private int priority;

  @Option(names = "--deadline", description = "How long it may take: 90s, 20m, 2h or 3d.")
  private String deadline;

  @Option(names = "--label", description = "What the merge is called, for people.")
  private String label;

  @Option(
      names = "--private",
      description = "Upload so that the server gives nobody the models' numbers.")
  private boolean isPrivate;

  @Option(
      names = "--align-only",
      description = "Find the permutations and merge nothing; they are part of the answer.")
  private boolean alignOnly;

  @Option(names = "--watch", description = "Follow the merge to its end, as --out and --report do.")
  private boolean watch;

  @Option(names = "--out", description = "Where the merged model is written.")
  private Path out;

  @Mixin private MergeInputs inputs;
  @Mixin private AlignmentOptions options;
  @Mixin private CorrectionOptions corrections;
  @Mixin private ModelOptions models;
  @Mixin private ServerOptions server;
  @Mixin private ReportOption report;

  @Override
  Output execute() {
    // What is wrong with them is said before anything leaves this machine.
    inputs.weights();
    if (alignOnly && out != null) {
      throw new IllegalArgumentException(
          "--out: expected a merged model to write, found --align-only");
    }
    Optional.ofNullable(out).ifPresent(RebasinCommand::requireWritable);
    report.requireWritable();
    Map<String, Object> document = document();
    ApiClient client = server.client();
    try (ModelStore store = new ModelStore(temporary())) {
      List<ModelId> ids = models.register(store, inputs.files());
      List<ModelId> complete = ids.stream().map(id -> models.complete(store, id)).toList();
      // Only when all have been found good does anything leave this machine.
      for (ModelId id : new LinkedHashSet<>(complete)) {
        Uploads.upload(client, store, id, isPrivate);
      }
      document.put("models", complete.stream().map(ModelId::sha256).toList());
    }
    JsonNode view = client.submit(document);
    if (watch || out != null || report.isGiven()) {
      view = Merges.follow(client, Merges.id(view));
    }
    if (out != null) {
      Merges.fetch(client, view, out);
    }
    return Merges.output(view, out, report);
  }

  /** All of the request but the models. */
  private Map<String, Object> document() {
    Map<String, Object> document = new LinkedHashMap<>();
    Optional<AlignmentPlan> plan =
        options.plan(inputs.strategy(), Optional.ofNullable(data), false);
    document.put("strategy", inputs.strategy().text());
    document.put("method", plan.map(chosen -> chosen.matching().text()).orElse("none"));
    plan.ifPresent(
        chosen -> {
          document.put("seed", chosen.seed());
          document.putAll(Documents.matching(chosen.matching()));
        });
    corrections
        .correction(Optional.ofNullable(data))
        .ifPresent(
            correction -> {
              document.put(
                  correction.kind() == Correction.Kind.REPAIR ? "repair" : "recalibrate", true);
              document.put("correction_examples", correction.examples());
            });
    if (alignOnly) {
      document.put("merge", false);
    }
    inputs.given().ifPresent(given -> document.put("weights", given));
    Optional.ofNullable(data).ifPresent(text -> document.put("data", text));
    document.put("points", points);
    document.put("priority", priority);
    Optional.ofNullable(deadline).ifPresent(text -> document.put("deadline", text));
    Optional.ofNullable(label).ifPresent(text -> document.put("label", text));
    return document;
  }
}
