package org.rebasin.actors.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.rebasin.actors.report.Tables;

/** A server's documents about federations, for people. */
final class FederationTexts {
  private FederationTexts() {}

  /** Federations as a table. */
  static String table(JsonNode list) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("federation", "status", "version", "accuracy", "loss", "merged", "activity"));
    list.path("federations")
        .forEach(
            each ->
                rows.add(
                    List.of(
                        each.path("name").asText(),
                        each.path("status").asText(),
                        each.path("version").asText("-"),
                        percent(each.path("accuracy")),
                        each.has("loss")
                            ? RebasinCommand.number("%.4f", each.path("loss").asDouble())
                            : "-",
                        each.path("contributions").path("merged").asText(),
                        printable(each.path("activity").asText()))));
    return rows.size() == 1 ? "no federations" : Tables.leftAligned(rows);
  }

  private static String percent(JsonNode part) {
    return part.isNumber() ? RebasinCommand.number("%.2f %%", 100 * part.asDouble()) : "-";
  }

  /** How a federation stands. */
  static String view(JsonNode view) {
    StringBuilder text =
        new StringBuilder(
            "%s %s".formatted(view.path("name").asText(), view.path("status").asText()));
    if (view.has("current")) {
      text.append("\n  ").append(version(view.path("current")));
      text.append("\n  model ").append(view.path("current").path("model").asText());
    } else {
      text.append("\n  no version yet");
    }
    view.path("contributions")
        .fields()
        .forEachRemaining(
            count -> {
              if (count.getValue().asLong() > 0) {
                text.append(
                    "\n  %s %d"
                        .formatted(count.getKey().replace('_', ' '), count.getValue().asLong()));
              }
            });
    text.append("\n  ").append(printable(view.path("activity").asText()));
    return text.toString();
  }

  private static String version(JsonNode version) {
    return "version %d: accuracy %s, loss %s, of %d contributions"
        .formatted(
            version.path("number").asInt(),
            percent(version.path("accuracy")),
            RebasinCommand.number("%.4f", version.path("loss").asDouble()),
            version.path("ingredients").size());
  }

  /** How a contribution stands. */
  static String contribution(JsonNode view) {
    return "contribution %s of %s: %s%s%s"
        .formatted(
            view.path("id").asText(),
            view.path("participant").asText(),
            view.path("outcome").asText().replace('_', ' '),
            view.has("version") ? " in version " + view.path("version").asInt() : "",
            view.has("reason") ? ": " + printable(view.path("reason").asText()) : "");
  }

  /** An event in a line. */
  static String event(JsonNode event) {
    String what =
        switch (event.path("kind").asText()) {
          case "contribution" -> contribution(event.path("contribution"));
          case "published" -> version(event.path("record"));
          case "candidate-refused" ->
              "candidate refused: accuracy %s, at least %s needed"
                  .formatted(percent(event.path("accuracy")), percent(event.path("required")));
          case "rolled-back" -> "rolled back to version " + event.path("version").asInt();
          case "status" -> event.path("status").asText();
          default -> event.path("kind").asText();
        };
    return "%s %s".formatted(event.path("time").asText(), what);
  }

  /** Text of others without what would steer the terminal. */
  private static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}", " ");
  }
}
