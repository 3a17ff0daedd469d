package org.rebasin.actors.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.Config;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rebasin.actors.report.Plot;

/**
 * Participants with data of their own merge once, and then asynchronously into one global model,
 * with each rule, aligned or not, some of them malicious; beside one network that is trained on all
 * data, and the best participant alone.
 */
final class FederatedExperiment {
  private final Laboratory laboratory;
  private final Experiment experiment;

  private final Map<String, Object> document = new LinkedHashMap<>();
  private final Map<String, List<List<String>>> tables = new LinkedHashMap<>();
  private final Map<String, Plot> plots = new LinkedHashMap<>();

  FederatedExperiment(Laboratory laboratory, Experiment experiment) {
    this.laboratory = laboratory;
    this.experiment = experiment;
  }

  Findings run() {
    Config settings = experiment.settings();
    List<String> continued = settings.getStringList("federation.divisions");
    Map<String, Map<String, JsonNode>> once = new LinkedHashMap<>();
    for (Config division : settings.getConfigList("divisions")) {
      Cohort cohort = new Cohort(laboratory, experiment, division);
      List<Laboratory.Trained> alone = cohort.alone(settings.getInt("training.epochs"));
      OneShot oneShot = new OneShot(laboratory, experiment, cohort, alone);
      once.put(cohort.label(), oneShot.measure());
      if (continued.contains(cohort.label())) {
        FederatedRuns runs = new FederatedRuns(laboratory, experiment, cohort, division, oneShot);
        document.put(cohort.label(), runs.run());
        tables.putAll(runs.tables());
        plots.putAll(runs.plots());
      }
    }
    document.put("one-shot", once);
    Map<String, List<List<String>>> all = new LinkedHashMap<>();
    all.put("One merge, accuracy on the test images", table(once));
    all.putAll(tables);
    return new Findings(document, all, plots);
  }

  private static List<List<String>> table(Map<String, Map<String, JsonNode>> byDivision) {
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of(""));
    head.addAll(byDivision.keySet());
    rows.add(head);
    Set<String> ways = new LinkedHashSet<>();
    byDivision.values().forEach(measured -> ways.addAll(measured.keySet()));
    for (String way : ways) {
      List<String> row = new ArrayList<>(List.of(way));
      byDivision
          .values()
          .forEach(
              measured -> row.add(Figures.percent(measured.get(way).get("accuracy").asDouble())));
      rows.add(row);
    }
    return rows;
  }
}
