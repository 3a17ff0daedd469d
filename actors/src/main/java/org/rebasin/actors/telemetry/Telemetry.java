package org.rebasin.actors.telemetry;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import kamon.Kamon;

/**
 * Telemetry of this process. The project's own metrics are counted always, and cost nanoseconds;
 * here Kamon is started, which rewrites Akka's classes to measure actors and to trace.
 */
public final class Telemetry {
  /** The newest Java whose class files Kamon's Byte Buddy reads. */
  private static final int NEWEST_JAVA = 21;

  private static final AtomicBoolean STARTED = new AtomicBoolean();
  private static final AtomicReference<Optional<KamonActors>> ACTORS =
      new AtomicReference<>(Optional.empty());

  private Telemetry() {}

  /**
   * Starts telemetry if {@code rebasin.telemetry.enabled} says so; to be called before the first of
   * Akka's classes is loaded. A second call does nothing.
   *
   * @return the configuration that the actor system is then to have
   */
  public static Config start(Config config) {
    if (!isEnabled(config)) {
      return config;
    }
    Config settings = settings(config);
    if (STARTED.compareAndSet(false, true)) {
      Metrics.declareAll();
      MemoryMetrics.attribute();
      if (instruments()) {
        instrument(settings);
      } else {
        warn(
            "actors are not measured and nothing is traced: Kamon instruments Java 17 to %d, found"
                    .formatted(NEWEST_JAVA)
                + " %d; all other metrics are there".formatted(Runtime.version().feature()));
      }
    }
    return settings;
  }

  /** What was measured of this process's actors in the last interval; empty if they are not. */
  public static Optional<List<ActorReading>> actors() {
    return ACTORS.get().map(KamonActors::readings);
  }

  /** Whether this process tells what it measures. */
  static boolean isEnabled(Config config) {
    return config.getBoolean("rebasin.telemetry.enabled");
  }

  private static void instrument(Config settings) {
    Kamon.init(settings);
    KamonActors actors = new KamonActors();
    ACTORS.set(Optional.of(actors));
    Metrics.REGISTRY.register(actors);
    Kamon.addReporter("rebasin", actors);
    if (settings.getBoolean("rebasin.telemetry.traces.enabled")) {
      Traces.enable(
          "%s:%d"
              .formatted(
                  settings.getString("rebasin.node.host"), settings.getInt("rebasin.node.port")));
    }
  }

  /** Whether Kamon can rewrite classes here. */
  private static boolean instruments() {
    return Runtime.version().feature() <= NEWEST_JAVA;
  }

  /** The settings that measuring needs, from {@code telemetry.conf}, over all others. */
  private static Config settings(Config config) {
    Config telemetry = config.getConfig("rebasin.telemetry");
    boolean traces = telemetry.getBoolean("traces.enabled");
    Config kamon =
        instruments() ? ConfigFactory.parseResources("kamon.conf") : ConfigFactory.empty();
    return kamon
        .withValue(
            "kamon.metric.tick-interval",
            ConfigValueFactory.fromAnyRef(telemetry.getString("interval")))
        .withValue(
            "kamon.modules.otel-trace-reporter.enabled", ConfigValueFactory.fromAnyRef(traces))
        .withValue(
            "kamon.trace.sampler", ConfigValueFactory.fromAnyRef(traces ? "always" : "never"))
        .withValue("kamon.otel.trace.endpoint", telemetry.getValue("traces.endpoint"))
        .withValue("kamon.otel.trace.protocol", telemetry.getValue("traces.protocol"))
        .withFallback(ConfigFactory.parseResources("telemetry.conf"))
        .withFallback(config)
        .resolve();
  }

  /** Where an operator sees it: logging is off unless asked for. */
  private static void warn(String message) {
    System.err.println("rebasin: telemetry: " + message);
  }
}
