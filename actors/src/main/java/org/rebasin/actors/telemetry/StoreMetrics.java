package org.rebasin.actors.telemetry;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this node's models take on disk, looked at when asked and not more than every few seconds.
 */
public final class StoreMetrics {
  private static final Logger LOG = LoggerFactory.getLogger(StoreMetrics.class);
  private static final List<String> PARTS = List.of("models", "partial", "writing", "corrupt");
  private static final Duration FRESH = Duration.ofSeconds(5);
  private static final AtomicReference<Optional<Path>> DIRECTORY =
      new AtomicReference<>(Optional.empty());
  private static final AtomicReference<Optional<Usage>> LAST =
      new AtomicReference<>(Optional.empty());

  /** Bytes by part of the directory, and what of the disk is free. */
  private record Usage(long time, Map<String, Long> bytes, long models, long free) {}

  static {
    Metrics.gauge(
        "rebasin_store_bytes",
        "Bytes on disk, by part of the store's directory.",
        callback ->
            usage().ifPresent(usage -> usage.bytes().forEach((part, n) -> callback.call(n, part))),
        "part");
    Metrics.gauge(
        "rebasin_store_models",
        "Models that this node has.",
        callback -> usage().ifPresent(usage -> callback.call(usage.models())));
    Metrics.gauge(
        "rebasin_store_free_bytes",
        "Bytes that are free on the store's disk.",
        callback -> usage().ifPresent(usage -> callback.call(usage.free())));
  }

  private StoreMetrics() {}

  static void declare() {}

  /** Has a durable store's directory looked at. */
  public static void watch(Path directory) {
    DIRECTORY.set(Optional.of(directory));
    LAST.set(Optional.empty());
  }

  private static Optional<Usage> usage() {
    Optional<Usage> last = LAST.get();
    if (last.isPresent() && System.nanoTime() - last.get().time() < FRESH.toNanos()) {
      return last;
    }
    Optional<Usage> now = DIRECTORY.get().flatMap(StoreMetrics::measure);
    LAST.set(now);
    return now;
  }

  private static Optional<Usage> measure(Path directory) {
    try {
      Map<String, Long> bytes = new TreeMap<>();
      long[] models = new long[1];
      for (String part : PARTS) {
        bytes.put(part, bytesIn(directory.resolve(part), models));
      }
      return Optional.of(
          new Usage(
              System.nanoTime(), bytes, models[0], Files.getFileStore(directory).getUsableSpace()));
    } catch (IOException problem) {
      // All else is told nevertheless.
      LOG.warn("no figures of the store: cannot look at {}", directory, problem);
      return Optional.empty();
    }
  }

  private static long bytesIn(Path part, long[] models) throws IOException {
    long[] bytes = new long[1];
    boolean counted = part.endsWith("models");
    Files.walkFileTree(
        part,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            bytes[0] += attributes.size();
            if (counted && file.toString().endsWith(".safetensors")) {
              models[0]++;
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException gone) {
            // Deleted between the list and the look.
            return FileVisitResult.CONTINUE;
          }
        });
    return bytes[0];
  }
}
