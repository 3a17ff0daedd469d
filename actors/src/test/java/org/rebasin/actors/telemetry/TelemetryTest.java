package org.rebasin.actors.telemetry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class TelemetryTest {
  @Test
  void aProcessThatDoesNotAskForTelemetryRunsAsItIs() {
    Config config = ConfigFactory.load();
    assertSame(config, Telemetry.start(config));
  }

  @Test
  void aNodesPortHasNoTraceOfKamonUnlessTelemetryIsOn() {
    Config node = ConfigFactory.load(ConfigFactory.parseResources("node.conf"));
    assertEquals(0, node.getStringList("akka.remote.artery.advanced.instruments").size());
  }

  @Test
  void aJobsNameIsItsTracesId() {
    assertEquals(
        "ffffffffffffffffffffffffffffffff",
        HexFormat.of().formatHex(Traces.traceId("7ZZZZZZZZZZZZZZZZZZZZZZZZZ")));
    assertEquals(
        "00000000000000000000000000000021",
        HexFormat.of().formatHex(Traces.traceId("00000000000000000000000011")));
    assertThrows(IllegalArgumentException.class, () -> Traces.traceId("no-ulid"));
  }

  @Test
  void withoutTracesStepsRunWhatTheyAreGiven() {
    TraceStep step = Traces.task("00000000000000000000000011", "align", "solver");
    assertSame(TraceStep.NONE, step);
    assertEquals(1, step.within(() -> 1));
    assertEquals(
        2,
        step.part("work", () -> CompletableFuture.completedStage(2)).toCompletableFuture().join());
    step.end("done");
    Traces.job("00000000000000000000000011", "merge", Instant.EPOCH, Instant.EPOCH, "succeeded");
    assertSame(TraceStep.NONE, Traces.current());
  }
}
