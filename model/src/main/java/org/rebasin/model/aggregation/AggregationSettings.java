package org.rebasin.model.aggregation;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * How contributions become the next version of a global model; each is in the global model's unit
 * order by then.
 *
 * @param rule how contributions are combined
 * @param optimizer what the server does with the combined change of a rule that combines changes
 * @param serverRate the server's learning rate, 1 for taking the combined change as it is
 * @param momentum of the server's optimiser, 0 to below 1; Adam's first coefficient
 * @param stalenessExponent a: a contribution that starts τ versions back counts (1 + τ)^−a as much
 *     (Nguyen et al. 2022, FedBuff); 0 for no difference
 * @param trimmedFraction of contributions that {@link Rule#TRIMMED_MEAN} leaves out at each end of
 *     every coordinate, 0 to below 0.5
 */
public record AggregationSettings(
    Rule rule,
    ServerOptimizer optimizer,
    double serverRate,
    double momentum,
    double stalenessExponent,
    double trimmedFraction) {

  /** How contributions are combined. */
  public enum Rule {
    /** The mean weighted by examples (McMahan et al. 2017, FedAvg). */
    FEDAVG,
    /** A server step along the staleness-weighted mean of changes (Nguyen et al. 2022, FedBuff). */
    FEDBUFF,
    /** The mean of every coordinate without its extremes (Yin et al. 2018). */
    TRIMMED_MEAN,
    /** The median of every coordinate (Yin et al. 2018). */
    MEDIAN;

    /** The rule of a name. */
    public static Rule of(String text) {
      return valueOf(text.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    /** The name in settings. */
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** What the server does with a combined change (Reddi et al. 2021). */
  public enum ServerOptimizer {
    /** Goes along it. */
    SGD,
    /** Goes along the running sum of changes. */
    MOMENTUM,
    /** Adapts the rate of each coordinate. */
    ADAM;

    /** The optimiser of a name. */
    public static ServerOptimizer of(String text) {
      return valueOf(text.toUpperCase(Locale.ROOT));
    }

    /** The name in settings. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The plain mean weighted by examples. */
  public static final AggregationSettings FEDAVG =
      new AggregationSettings(Rule.FEDAVG, ServerOptimizer.SGD, 1, 0, 0, 0);

  /** Checks the numbers. */
  public AggregationSettings {
    require(serverRate > 0 && Double.isFinite(serverRate), "server rate", "above 0", serverRate);
    require(momentum >= 0 && momentum < 1, "momentum", "0 to below 1", momentum);
    require(
        stalenessExponent >= 0 && Double.isFinite(stalenessExponent),
        "staleness exponent",
        "at least 0",
        stalenessExponent);
    require(
        trimmedFraction >= 0 && trimmedFraction < 0.5,
        "trimmed fraction",
        "0 to below 0.5",
        trimmedFraction);
  }

  private static void require(boolean holds, String name, String expected, double found) {
    if (!holds) {
      throw new IllegalArgumentException(
          "%s: expected %s, found %s".formatted(name, expected, found));
    }
  }

  /** The settings as text, for provenance. */
  public Map<String, String> asText() {
    Map<String, String> text = new LinkedHashMap<>();
    text.put("rule", rule.text());
    text.put("server_optimizer", optimizer.text());
    text.put("server_rate", String.valueOf(serverRate));
    text.put("momentum", String.valueOf(momentum));
    text.put("staleness_exponent", String.valueOf(stalenessExponent));
    text.put("trimmed_fraction", String.valueOf(trimmedFraction));
    return text;
  }
}
