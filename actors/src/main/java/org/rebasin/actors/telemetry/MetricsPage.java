package org.rebasin.actors.telemetry;

import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.ContentTypes;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** All metrics of this process in Prometheus' text format, version 0.0.4. */
final class MetricsPage {
  /** The format's media type. */
  static final ContentType CONTENT_TYPE =
      ContentTypes.parse("text/plain; version=0.0.4; charset=utf-8");

  private MetricsPage() {}

  static byte[] bytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      new PrometheusTextFormatWriter(false).write(bytes, Metrics.REGISTRY.scrape());
    } catch (IOException impossible) {
      throw new UncheckedIOException("memory cannot be written", impossible);
    }
    return bytes.toByteArray();
  }
}
