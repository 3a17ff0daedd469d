package org.rebasin.actors.telemetry;

import io.prometheus.metrics.instrumentation.jvm.JvmBufferPoolMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import org.rebasin.model.tensor.NativeMemory;

/**
 * Memory of this process: tensors in native memory by the dispatcher whose work made them, and what
 * the Java platform tells about heap, buffers, collections and the process.
 */
final class MemoryMetrics {
  private static final List<String> DISPATCHERS =
      List.of(
          "trainer-dispatcher",
          "collector-dispatcher",
          "solver-dispatcher",
          "evaluator-dispatcher",
          "transfer-dispatcher");
  private static final String OTHER = "other";

  static {
    Metrics.gauge(
        "rebasin_native_memory_bytes",
        "Native memory of tensors that are not closed, by the work that made them.",
        callback -> NativeMemory.bytesByOwner().forEach((who, n) -> callback.call(n, who)),
        "owner");
    Metrics.gauge(
        "rebasin_native_memory_peak_bytes",
        "The most native memory that tensors had at once since the node started.",
        callback -> callback.call(NativeMemory.peakBytes()));
    registerJvm(Metrics.REGISTRY);
  }

  private MemoryMetrics() {}

  static void declare() {}

  /** Has tensors counted apart by the dispatchers' names; for the whole process. */
  static void attribute() {
    NativeMemory.attribute(MemoryMetrics::owner);
  }

  private static String owner(Thread thread) {
    String name = thread.getName();
    for (String dispatcher : DISPATCHERS) {
      if (name.contains(dispatcher)) {
        return dispatcher.substring(0, dispatcher.indexOf('-'));
      }
    }
    return OTHER;
  }

  /** The library's own metrics, under the names that dashboards know. */
  static void registerJvm(PrometheusRegistry registry) {
    JvmMemoryMetrics.builder().register(registry);
    JvmBufferPoolMetrics.builder().register(registry);
    JvmGarbageCollectorMetrics.builder().register(registry);
    ProcessMetrics.builder().register(registry);
  }
}
