package org.rebasin.actors.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.Config;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.rebasin.actors.job.MergeOutcome.CurveKind;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.report.Plot;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Split;
import org.rebasin.actors.work.Task;

/**
 * Tells the barrier between two networks in training after each epoch, naive and aligned by their
 * weights: when linear mode connectivity sets in (Git Re-Basin, section 5.2 and figure 3).
 */
final class OnsetExperiment {
  private final Laboratory laboratory;
  private final Experiment experiment;

  OnsetExperiment(Laboratory laboratory, Experiment experiment) {
    this.laboratory = laboratory;
    this.experiment = experiment;
  }

  Findings run() {
    Map<String, Object> document = new LinkedHashMap<>();
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of("networks", "epoch", "accuracies", "naive barrier", "aligned barrier", "midpoint"));
    List<Plot.Series> series = new ArrayList<>();
    for (Config variant : experiment.settings().getConfigList("variants")) {
      document.put(variant.getString("label"), run(variant, rows, series));
    }
    Plot plot =
        new Plot(experiment.title(), "epoch", "test loss barrier", OptionalDouble.of(0), series);
    return new Findings(document, Map.of("Barrier by epoch", rows), Map.of("onset", plot));
  }

  private List<Object> run(Config variant, List<List<String>> rows, List<Plot.Series> series) {
    String label = variant.getString("label");
    String architecture = variant.getString("architecture");
    List<Laboratory.Trained> parents =
        laboratory.train(
            List.of(
                training(label + ", A", architecture, 1),
                training(label + ", B", architecture, 2)));
    List<Object> found = new ArrayList<>();
    List<Double> epochs = new ArrayList<>();
    List<Double> naive = new ArrayList<>();
    List<Double> aligned = new ArrayList<>();
    for (int epoch = 0; epoch < parents.get(0).snapshots().size(); epoch++) {
      JsonNode outcome = laboratory.merge(Map.of(), request(parents, epoch));
      JsonNode curves = outcome.get("curves");
      JsonNode alignedCurve = curves.get("aligned").get("test");
      epochs.add(epoch + 1.0);
      naive.add(curves.get("naive").get("test").get("barrier").asDouble());
      aligned.add(alignedCurve.get("barrier").asDouble());
      rows.add(
          List.of(
              label,
              String.valueOf(epoch + 1),
              accuracy(parents.get(0), epoch) + ", " + accuracy(parents.get(1), epoch),
              Figures.number(curves.get("naive").get("test").get("barrier")),
              Figures.number(alignedCurve.get("barrier")),
              Figures.percent(Figures.middle(alignedCurve.get("accuracy")))));
      found.add(Map.of("epoch", epoch + 1, "outcome", outcome));
    }
    int color = series.size() / 2;
    series.add(new Plot.Series(label + ", naive", epochs, naive, color, true, true));
    series.add(new Plot.Series(label + ", aligned", epochs, aligned, color, false, true));
    return found;
  }

  private static String accuracy(Laboratory.Trained parent, int epoch) {
    return Figures.percent(
        parent.report().get("epochs").get(epoch).get("test_accuracy").asDouble());
  }

  private Task.Train training(String label, String architecture, long seed) {
    return experiment.training(label, architecture, experiment.data(), seed).withEpochsKept();
  }

  private MergeRequest request(List<Laboratory.Trained> parents, int epoch) {
    return new MergeRequest(
        parents.stream()
            .<MergeRequest.Source>map(
                parent -> new MergeRequest.Stored(parent.snapshots().get(epoch)))
            .toList(),
        Optional.of(MergeRequest.AlignmentPlan.toReference(new Matching.Weight(0), 1, false)),
        Optional.empty(),
        Optional.empty(),
        Optional.of(
            new MergeRequest.EvaluationPlan(
                experiment.data(),
                false,
                experiment.settings().getInt("points"),
                Set.of(Split.TEST),
                EnumSet.of(CurveKind.NAIVE, CurveKind.ALIGNED))));
  }
}
