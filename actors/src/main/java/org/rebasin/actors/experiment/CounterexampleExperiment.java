package org.rebasin.actors.experiment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rebasin.actors.report.Plot;
import org.rebasin.model.alignment.Counterexample;
import org.rebasin.model.merge.Interpolation;
import org.rebasin.model.permutation.Permutations;

/** The accuracy between two networks that no permutation connects (Git Re-Basin, section 4). */
final class CounterexampleExperiment {
  private static final int POINTS = 25;

  Findings run() {
    List<Double> lambdas = Arrays.stream(Interpolation.points(POINTS)).boxed().toList();
    List<Object> found = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("permutation of B", "accuracy of A", "of B", "midpoint"));
    List<Plot.Series> series = new ArrayList<>();
    try (Counterexample counterexample = new Counterexample()) {
      for (Permutations permutations : counterexample.permutations()) {
        List<Double> accuracies = counterexample.accuracies(permutations, lambdas);
        List<String> orders =
            permutations.byGroup().stream().map(p -> Arrays.toString(p.toArray())).toList();
        String name = String.join(" ", orders);
        found.add(Map.of("permutation", orders, "accuracy", accuracies));
        rows.add(
            List.of(
                name,
                Figures.percent(accuracies.get(0)),
                Figures.percent(accuracies.get(POINTS - 1)),
                Figures.percent(accuracies.get(POINTS / 2))));
        series.add(new Plot.Series(name, lambdas, accuracies, series.size(), false, false));
      }
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("lambdas", lambdas);
    document.put("permutations", found);
    return new Findings(
        document,
        Map.of("Accuracy", rows),
        Map.of(
            "counterexample",
            Plot.alongLine("No permutation connects the two", "accuracy", series)));
  }
}
