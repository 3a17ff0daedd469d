package org.rebasin.actors.experiment;

import static java.util.concurrent.CompletableFuture.supplyAsync;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.Config;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.rebasin.actors.federation.FederationName;
import org.rebasin.actors.federation.FederationSettings;
import org.rebasin.actors.node.RebasinNode;
import org.rebasin.actors.report.Plot;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Split;
import org.rebasin.actors.work.Strategy;
import org.rebasin.actors.work.Task;
import org.rebasin.model.aggregation.AggregationSettings;
import org.rebasin.model.aggregation.AggregationSettings.Rule;
import org.rebasin.model.aggregation.AggregationSettings.ServerOptimizer;
import org.rebasin.model.data.Seeds;

/** Federations on one division of the data: each rule, aligned or not, and with attacks. */
final class FederatedRuns {
  private static final String ALIGNED = ", aligned";
  private static final String UNALIGNED = ", as they are";

  private final Laboratory laboratory;
  private final Experiment experiment;
  private final Cohort cohort;
  private final Config division;
  private final Config settings;
  private final OneShot oneShot;
  private final int contributions;

  private final Map<String, List<List<String>>> tables = new LinkedHashMap<>();
  private final Map<String, Plot> plots = new LinkedHashMap<>();

  FederatedRuns(
      Laboratory laboratory,
      Experiment experiment,
      Cohort cohort,
      Config division,
      OneShot oneShot) {
    this.laboratory = laboratory;
    this.experiment = experiment;
    this.cohort = cohort;
    this.division = division;
    this.settings = experiment.settings().getConfig("federation");
    this.oneShot = oneShot;
    this.contributions = experiment.settings().getInt("contributions");
  }

  Map<String, List<List<String>>> tables() {
    return tables;
  }

  Map<String, Plot> plots() {
    return plots;
  }

  Map<String, Object> run() {
    // They know nothing of each other, and in each of them one participant trains at a time.
    ExecutorService together = Executors.newCachedThreadPool();
    try {
      return run(together);
    } finally {
      together.shutdownNow();
    }
  }

  private Map<String, Object> run(Executor together) {
    Map<String, CompletableFuture<JsonNode>> cleanRuns = new LinkedHashMap<>();
    Map<String, CompletableFuture<JsonNode>> attackedRuns = new LinkedHashMap<>();
    List<String> unaligned = settings.getStringList("unaligned-rules");
    for (String rule : settings.getStringList("rules")) {
      cleanRuns.put(rule + ALIGNED, supplyAsync(() -> measured(rule, true, false), together));
      if (unaligned.contains(rule)) {
        cleanRuns.put(rule + UNALIGNED, supplyAsync(() -> measured(rule, false, false), together));
      }
    }
    for (String rule : settings.getStringList("attacked-rules")) {
      attackedRuns.put(rule, supplyAsync(() -> measured(rule, true, true), together));
    }
    CompletableFuture<List<Double>> onAllData = supplyAsync(this::central, together);
    CompletableFuture<Double> alone = supplyAsync(this::bestAlone, together);
    Map<String, JsonNode> clean = ended(cleanRuns);
    Map<String, JsonNode> attacked = ended(attackedRuns);
    List<Double> central = RebasinNode.await(onAllData);
    double best = RebasinNode.await(alone);
    tables.put(
        "%s: accuracy after so many contributions of each participant".formatted(cohort.label()),
        progress(clean, central, best));
    tables.put(
        "%s: %d malicious participants of %d"
            .formatted(
                cohort.label(),
                experiment.settings().getStringList("malicious").size(),
                cohort.size()),
        attacks(clean, attacked));
    String file = cohort.label().replaceAll("[^a-z0-9]+", "-");
    plots.put(file + "-by-contributions", plot(clean, central, best, "contributions"));
    plots.put(file + "-by-time", plot(clean, central, best, "time"));
    plots.put(file + "-malicious", plot(attacked, central, best, "contributions"));
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("central", central);
    document.put("best_alone", best);
    document.put("federations", clean);
    document.put("malicious", attacked);
    return document;
  }

  private static Map<String, JsonNode> ended(Map<String, CompletableFuture<JsonNode>> runs) {
    Map<String, JsonNode> results = new LinkedHashMap<>();
    runs.forEach((name, run) -> results.put(name, RebasinNode.await(run)));
    return results;
  }

  /** As many passes over all data as the participants make together. */
  private int epochs() {
    return experiment.settings().getInt("training.epochs")
        + contributions * settings.getInt("epochs");
  }

  /** Test accuracy after each epoch of one network that is trained on all data. */
  private List<Double> central() {
    Task.Train task =
        Cohort.withEpochs(
            experiment.training(
                "all data", cohort.architecture(), experiment.data(), cohort.seed()),
            epochs());
    List<Double> accuracies = new ArrayList<>();
    laboratory
        .train(List.of(task))
        .get(0)
        .report()
        .get("epochs")
        .forEach(epoch -> accuracies.add(epoch.get("test_accuracy").asDouble()));
    return accuracies;
  }

  /** The best of the participants that trains as long, alone. */
  private double bestAlone() {
    return laboratory
        .train(
            IntStream.range(0, cohort.size())
                .mapToObj(each -> cohort.training(each, epochs(), Seeds.mix(cohort.seed(), each)))
                .toList())
        .stream()
        .map(trained -> Task.Evaluate.one(trained.model(), experiment.data(), Split.TEST))
        .mapToDouble(laboratory::accuracy)
        .max()
        .orElseThrow();
  }

  private JsonNode measured(String rule, boolean aligned, boolean malicious) {
    FederationSettings federation =
        new FederationSettings(
            cohort.architecture(),
            Optional.of(
                oneShot.model(
                    aligned ? Optional.of(settings.getString("first")) : Optional.empty())),
            Strategy.TO_REFERENCE,
            aligned ? Optional.of(new Matching.Weight(0)) : Optional.empty(),
            new AggregationSettings(
                Rule.of(rule),
                ServerOptimizer.SGD,
                settings.getDouble("server-rate"),
                0,
                settings.getDouble("staleness-exponent"),
                settings.getDouble("trimmed-fraction")),
            settings.getInt("buffer"),
            settings.getInt("remembered"),
            Duration.ofDays(1),
            cohort.size(),
            settings.getDouble("norm-bound"),
            Optional.empty(),
            new FederationSettings.Gate(
                experiment.data(),
                division.getDouble("margin"),
                division.getDouble("contribution-margin")),
            List.of(),
            cohort.seed());
    List<SimulatedFederation.Participant> participants = participants(malicious);
    Map<String, Object> key = new LinkedHashMap<>();
    key.put("federation", federation.toString());
    key.put("participants", participants.toString());
    key.put("timing", settings.getConfig("timing").root().unwrapped());
    key.put("contributions", contributions);
    return laboratory.measured(
        key,
        () ->
            new SimulatedFederation(
                    laboratory,
                    laboratory.federations(),
                    laboratory.system(),
                    new FederationName("run-" + Laboratory.hash(key)),
                    federation,
                    rule + (malicious ? ", attacked" : aligned ? ALIGNED : UNALIGNED))
                .run(
                    participants,
                    new Participants(cohort.size(), settings.getConfig("timing"), cohort.seed()),
                    contributions));
  }

  private List<SimulatedFederation.Participant> participants(boolean malicious) {
    List<String> attacks = experiment.settings().getStringList("malicious");
    return IntStream.range(0, cohort.size())
        .mapToObj(
            each ->
                new SimulatedFederation.Participant(
                    "participant-" + (each + 1),
                    contribution(each),
                    settings.getDouble("proximal"),
                    cohort.examples(each),
                    malicious && each < attacks.size()
                        ? Optional.of(Attack.named(attacks.get(each)))
                        : Optional.empty()))
        .toList();
  }

  /** A training that makes a contribution, from some version on. */
  private Task.Train contribution(int participant) {
    Task.Train training = cohort.training(participant, settings.getInt("epochs"), cohort.seed());
    return training.with(training.settings().withLearningRate(settings.getDouble("learning-rate")));
  }

  private List<List<String>> progress(
      Map<String, JsonNode> runs, List<Double> central, double best) {
    List<Integer> after =
        IntStream.of(0, 1, 2, 5, 10, 20, 50, 100).filter(n -> n <= contributions).boxed().toList();
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of(""));
    after.forEach(n -> head.add(String.valueOf(n)));
    rows.add(head);
    runs.forEach(
        (name, run) -> {
          List<String> row = new ArrayList<>(List.of(name));
          after.forEach(n -> row.add(Figures.percent(accuracy(run, n * cohort.size()))));
          rows.add(row);
        });
    int alone = experiment.settings().getInt("training.epochs");
    List<String> row = new ArrayList<>(List.of("one network on all data"));
    after.forEach(
        n -> row.add(Figures.percent(central.get(alone + n * settings.getInt("epochs") - 1))));
    rows.add(row);
    List<String> last = new ArrayList<>(List.of("best participant alone"));
    after.forEach(n -> last.add(n == contributions ? Figures.percent(best) : ""));
    rows.add(last);
    return rows;
  }

  private static double accuracy(JsonNode run, int contributions) {
    JsonNode points = run.get("points");
    return points.get(Math.min(contributions, points.size() - 1)).get("accuracy").asDouble();
  }

  private List<List<String>> attacks(Map<String, JsonNode> clean, Map<String, JsonNode> attacked) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "rule", "clean", "attacked", "participant", "what came of its contributions", "why"));
    attacked.forEach(
        (rule, run) -> {
          String last = Figures.percent(accuracy(run, Integer.MAX_VALUE));
          String before = Figures.percent(accuracy(clean.get(rule + ALIGNED), Integer.MAX_VALUE));
          run.get("participants")
              .forEach(
                  participant -> {
                    if (participant.has("attack")) {
                      List<String> counts = new ArrayList<>();
                      participant
                          .get("outcomes")
                          .fields()
                          .forEachRemaining(
                              count ->
                                  counts.add(
                                      count.getValue().asInt()
                                          + " "
                                          + count.getKey().replace('_', ' ')));
                      JsonNode reasons = participant.get("reasons");
                      rows.add(
                          List.of(
                              rule,
                              before,
                              last,
                              participant.get("attack").asText(),
                              String.join(", ", counts),
                              reasons.isEmpty() ? "" : reasons.get(0).asText()));
                    }
                  });
        });
    return rows;
  }

  private Plot plot(Map<String, JsonNode> runs, List<Double> central, double best, String x) {
    List<Plot.Series> series = new ArrayList<>();
    List<String> rules = settings.getStringList("rules");
    double end = 0;
    for (Map.Entry<String, JsonNode> run : runs.entrySet()) {
      List<Double> xs = new ArrayList<>();
      List<Double> ys = new ArrayList<>();
      for (JsonNode point : run.getValue().get("points")) {
        xs.add(point.get(x).asDouble());
        ys.add(point.get("accuracy").asDouble());
      }
      end = Math.max(end, xs.get(xs.size() - 1));
      series.add(
          new Plot.Series(
              run.getKey(),
              xs,
              ys,
              rules.indexOf(run.getKey().split(",")[0]),
              run.getKey().endsWith(UNALIGNED),
              false));
    }
    level(series, "one network on all data", central.get(central.size() - 1), end, rules.size());
    level(series, "best participant alone", best, end, rules.size() + 1);
    return new Plot(
        "%s: accuracy of the global model".formatted(cohort.label()),
        x.equals("time") ? "virtual time" : "contributions",
        "accuracy on the test images",
        OptionalDouble.empty(),
        series);
  }

  private static void level(
      List<Plot.Series> series, String name, double accuracy, double end, int color) {
    series.add(
        new Plot.Series(name, List.of(0.0, end), List.of(accuracy, accuracy), color, false, false));
  }
}
