package org.rebasin.actors.telemetry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What METRICS.md, the alerts and the dashboards promise of metrics. */
class MetricsTest {
  private static final Path DEPLOY = Path.of("..", "deploy");
  private static final Pattern NAME = Pattern.compile("\\b(rebasin|jvm|process)_[a-z0-9_]+");
  private static final Pattern UNIT =
      Pattern.compile(
          ".*_(seconds|bytes|ratio|nats|messages|tasks|threads|models|versions|sweeps|total)"
              + "(_total)?");

  @BeforeAll
  static void declare() {
    Metrics.declareAll();
  }

  @Test
  void everyMetricIsDocumentedAndEveryDocumentedOneExists() {
    Map<String, String> existing = new TreeMap<>();
    Metrics.declared()
        .forEach(
            (name, metric) -> existing.put(name, metric.type().text() + " " + metric.labels()));
    jvm().forEach((name, metric) -> existing.put(name, metric));
    Map<String, String> documented = new TreeMap<>();
    DocumentedMetrics.all()
        .forEach((name, row) -> documented.put(name, row.type() + " " + row.labels()));
    assertEquals(existing, documented);
  }

  /** What the library adds, with the labels that it has here. */
  private static Map<String, String> jvm() {
    PrometheusRegistry registry = new PrometheusRegistry();
    MemoryMetrics.registerJvm(registry);
    Map<String, String> metrics = new TreeMap<>();
    for (MetricSnapshot metric : registry.scrape()) {
      boolean counter = metric instanceof CounterSnapshot;
      String name = metric.getMetadata().getPrometheusName() + (counter ? "_total" : "");
      String type = counter ? "counter" : metric instanceof SummarySnapshot ? "summary" : "gauge";
      Set<String> labels = new TreeSet<>();
      metric
          .getDataPoints()
          .forEach(point -> point.getLabels().forEach(label -> labels.add(label.getName())));
      metrics.put(name, type + " " + labels);
    }
    return metrics;
  }

  @Test
  void namesEndInTheirUnitAndCountersInTotal() {
    Metrics.declared()
        .values()
        .forEach(
            metric ->
                assertEquals(
                    metric.type() == Metrics.Type.COUNTER,
                    metric.name().endsWith("_total"),
                    metric.name()));
    Metrics.declared().values().stream()
        .filter(metric -> metric.type() == Metrics.Type.HISTOGRAM)
        .forEach(metric -> assertTrue(UNIT.matcher(metric.name()).matches(), metric.name()));
  }

  @Test
  void thePageIsInTheTextFormat() {
    TaskMetrics.worked("trainer", "done", java.time.Duration.ofMillis(7));
    Scrape page = Scrape.parse(new String(MetricsPage.bytes(), StandardCharsets.UTF_8));
    assertEquals("histogram", page.types().get("rebasin_task_seconds"));
    assertEquals("counter", page.types().get("rebasin_wire_bytes_total"));
    assertTrue(page.has("rebasin_task_seconds"));
    assertTrue(page.has("jvm_memory_used_bytes"));
  }

  @Test
  void alertsNameMetricsThatExist() throws IOException {
    JsonNode alerts = yaml(DEPLOY.resolve("prometheus/alerts.yml"));
    int rules = 0;
    for (JsonNode group : alerts.path("groups")) {
      for (JsonNode rule : group.path("rules")) {
        requireKnown(rule.path("expr").asText(), rule.path("alert").asText());
        assertFalse(rule.path("annotations").path("summary").asText().isBlank());
        assertFalse(rule.path("labels").path("severity").asText().isBlank());
        rules++;
      }
    }
    assertTrue(rules > 0);
  }

  @Test
  void dashboardsNameMetricsThatExist() throws IOException {
    Set<String> uids = new TreeSet<>();
    try (Stream<Path> files = Files.list(DEPLOY.resolve("grafana/dashboards"))) {
      for (Path file : files.toList()) {
        JsonNode dashboard = new ObjectMapper().readTree(file.toFile());
        assertTrue(uids.add(dashboard.path("uid").asText()), file.toString());
        int[] queries = new int[1];
        each(
            dashboard,
            "expr",
            expression -> {
              requireKnown(expression, file.toString());
              queries[0]++;
            });
        assertTrue(queries[0] > 0, file + " asks for nothing");
      }
    }
    assertEquals(
        Set.of("rebasin-cluster", "rebasin-jobs", "rebasin-actors", "rebasin-federation"), uids);
  }

  @Test
  void provisioningFilesAreYaml() throws IOException {
    assertTrue(yaml(DEPLOY.resolve("prometheus/prometheus.yml")).has("scrape_configs"));
    assertTrue(
        yaml(DEPLOY.resolve("grafana/provisioning/datasources/prometheus.yaml"))
            .has("datasources"));
    assertTrue(
        yaml(DEPLOY.resolve("grafana/provisioning/dashboards/rebasin.yaml")).has("providers"));
  }

  private static void requireKnown(String expression, String where) {
    Map<String, DocumentedMetrics.Row> documented = DocumentedMetrics.all();
    Matcher name = NAME.matcher(expression);
    boolean found = false;
    while (name.find()) {
      found = true;
      DocumentedMetrics.Row plain = documented.get(name.group());
      DocumentedMetrics.Row row =
          documented.get(name.group().replaceFirst("_(bucket|sum|count)$", ""));
      boolean distribution =
          row != null && (row.type().equals("histogram") || row.type().equals("summary"));
      boolean suffixed = !name.group().equals(row == null ? "" : row.name());
      assertTrue(
          plain != null && plain.type().matches("counter|gauge") || distribution && suffixed,
          where + ": no such metric: " + name.group());
    }
    assertTrue(found || expression.contains("up"), where + ": names no metric: " + expression);
  }

  private static JsonNode yaml(Path file) throws IOException {
    return new ObjectMapper(new YAMLFactory()).readTree(file.toFile());
  }

  private static void each(JsonNode node, String field, Consumer<String> consumer) {
    if (node.isObject() && node.path(field).isTextual()) {
      consumer.accept(node.path(field).asText());
    }
    node.forEach(child -> each(child, field, consumer));
  }
}
