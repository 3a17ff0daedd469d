package org.rebasin.actors.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rebasin.actors.cli.RebasinCommand.Output;
import org.rebasin.actors.http.ApiClient;
import org.rebasin.actors.http.ApiException;
import org.rebasin.actors.report.MergeReport;
import org.rebasin.actors.report.Tables;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.Progress;

/** A server's merges on the command line: shown, followed and fetched. */
final class Merges {
  private static final String SUCCEEDED = "succeeded";

  private Merges() {}

  /** The id in a merge's document. */
  static JobId id(JsonNode view) {
    return new JobId(view.path("id").asText());
  }

  /**
   * Shows a merge's progress until its end.
   *
   * @throws ApiException if it does not succeed
   */
  static JsonNode follow(ApiClient client, JobId job) {
    JsonNode view;
    try (Console console = new Console()) {
      view =
          client.follow(
              job,
              event -> {
                if (event.path("kind").asText().equals("progress")) {
                  console.accept(
                      new Progress(
                          event.path("phase").asText("merge"),
                          event.path("done").asInt(),
                          event.path("total").asInt(),
                          event.path("detail").asText()));
                }
              });
    }
    requireSuccess(view);
    return view;
  }

  private static void requireSuccess(JsonNode view) {
    String status = view.path("status").asText();
    if (status.equals(SUCCEEDED)) {
      return;
    }
    JsonNode failure = view.path("failure");
    String message = failure.path("message").asText();
    throw new ApiException(
        failure.path("kind").asText().equals("bad_input")
            ? ApiException.Cause.BAD_INPUT
            : ApiException.Cause.FAILED,
        "merge %s %s%s"
            .formatted(
                view.path("id").asText(),
                status.equals("running") ? "is still running" : status,
                message.isEmpty() ? "" : ": " + message));
  }

  /** Downloads what a merge came to. */
  static void fetch(ApiClient client, JsonNode view, Path out) {
    requireSuccess(view);
    JsonNode merged = view.path("outcome").path("merged");
    if (!merged.isTextual()) {
      throw new ApiException(
          ApiException.Cause.FAILED,
          "merge %s has no merged model".formatted(view.path("id").asText()));
    }
    client.download(new ModelId(merged.asText()), out);
  }

  /** Writes a report of what a merge came to, if one is wanted; returns the line that says so. */
  private static String report(JsonNode view, ReportOption report) {
    if (report.isGiven()) {
      requireSuccess(view);
    }
    return report.write(
        () ->
            MergeReport.of(
                new MergeReport.Subject(
                    "Merge " + view.path("id").asText(),
                    IntStream.rangeClosed(1, view.path("outcome").path("models").size())
                        .mapToObj(i -> "model " + i)
                        .toList(),
                    Optional.empty(),
                    facts(view)),
                view.path("settings"),
                view.path("outcome"),
                List.of(),
                ReportOption.provenance()));
  }

  private static Map<String, String> facts(JsonNode view) {
    Map<String, String> facts = new LinkedHashMap<>();
    for (String name : List.of("label", "submitted", "ended")) {
      String text = view.path(name).asText();
      if (!text.isEmpty()) {
        facts.put(name, text);
      }
    }
    return facts;
  }

  /** A merge as it stands. */
  static Output output(JsonNode view) {
    return new Output(ApiClient.map(view), text(view));
  }

  /** A merge, downloaded and reported if there is where to. */
  static Output output(JsonNode view, Path out, ReportOption report) {
    String reported = report(view, report);
    Map<String, Object> document = ApiClient.map(view);
    if (out == null) {
      return new Output(document, text(view) + reported);
    }
    document.put("out", out.toString());
    return new Output(document, text(view) + "\nwritten to " + out + reported);
  }

  private static String text(JsonNode view) {
    StringBuilder text = new StringBuilder(view.path("id").asText());
    text.append(' ').append(view.path("status").asText());
    String label = view.path("label").asText();
    if (!label.isEmpty()) {
      text.append(' ').append(printable(label));
    }
    view.path("phases")
        .forEach(
            phase ->
                text.append(
                    "%n  %s %d/%d"
                        .formatted(
                            phase.path("phase").asText(),
                            phase.path("done").asInt(),
                            phase.path("total").asInt())));
    view.path("waits_for")
        .forEach(
            task ->
                text.append(
                    "%n  waits for %s %d, a %s's, since %s"
                        .formatted(
                            task.path("phase").asText(),
                            task.path("index").asInt(),
                            task.path("role").asText(),
                            task.path("since").asText())));
    if (view.has("failure")) {
      text.append("\n  ").append(printable(view.path("failure").path("message").asText()));
    }
    text.append(outcome(view.path("outcome")));
    return text.toString();
  }

  /**
   * What a merge came to, as far as it has come to something; the lines begin with their breaks.
   */
  private static String outcome(JsonNode outcome) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < outcome.path("alignments").size(); i++) {
      text.append(objective("model " + (i + 2), outcome.path("alignments").path(i)));
    }
    if (outcome.has("common_alignment")) {
      text.append(objective("all models", outcome.path("common_alignment")));
    }
    JsonNode evaluation = outcome.path("evaluation");
    if (!evaluation.isMissingNode()) {
      List<List<String>> rows = new ArrayList<>();
      rows.add(List.of("test", "loss", "accuracy"));
      for (int i = 0; i < evaluation.path("parents").size(); i++) {
        rows.add(row("model " + (i + 1), evaluation.path("parents").path(i)));
      }
      for (String name : List.of("naive", "merged", "ensemble")) {
        if (evaluation.has(name)) {
          rows.add(row(name.equals("naive") ? "naive average" : name, evaluation.path(name)));
        }
      }
      text.append("\n").append(Tables.table(rows).indent(2).stripTrailing());
    }
    if (outcome.has("merged")) {
      text.append("\n  merged model ").append(outcome.path("merged").asText());
    }
    return text.toString();
  }

  /** Of a matching by activations whose weights were not compared, its own. */
  private static String objective(String subject, JsonNode alignment) {
    String name = alignment.path("objective").isNumber() ? "objective" : "similarity";
    return alignment.path(name).isNumber()
        ? RebasinCommand.number(
            "%n  %s: %s %.4f -> %.4f",
            subject,
            name,
            alignment.path(name + "_before").asDouble(),
            alignment.path(name).asDouble())
        : "";
  }

  private static List<String> row(String name, JsonNode score) {
    return List.of(
        name,
        RebasinCommand.number("%.4f", score.path("loss").asDouble()),
        RebasinCommand.number("%.2f %%", 100 * score.path("accuracy").asDouble()));
  }

  /** Some merges as a table. */
  static String table(JsonNode page) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("merge", "status", "submitted", "label"));
    page.path("merges")
        .forEach(
            merge ->
                rows.add(
                    List.of(
                        merge.path("id").asText(),
                        merge.path("status").asText(),
                        merge.path("submitted").asText(),
                        printable(merge.path("label").asText()))));
    return rows.size() == 1 ? "no merges" : Tables.leftAligned(rows);
  }

  /** Text of others without what would steer the terminal. */
  private static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}", " ");
  }
}
