package org.rebasin.actors.http;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.SystemMaterializer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.store.StoreSettings;
import org.rebasin.model.checkpoint.DataType;
import org.rebasin.model.checkpoint.TensorDeclaration;

/** A server on a free port of the loopback address, with a store of its own and fake jobs. */
public final class Served implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;
  private final ActorSystem<Void> system;
  private final ModelStore store;
  private final FakeJobs jobs = new FakeJobs();
  private final FakeFederations federations = new FakeFederations();
  private final Models models;
  private final HttpClient client = HttpClient.newHttpClient();
  private final List<ApiServer> servers = new ArrayList<>();

  /** A server with its store under a directory. */
  public Served(Path directory, String... settings) {
    this(directory, UnaryOperator.identity(), settings);
  }

  /** The same, with something between the interface and the store. */
  Served(Path directory, UnaryOperator<Models> between, String... settings) {
    this.directory = directory;
    this.system = ActorSystem.create(Behaviors.empty(), "http", ConfigFactory.load());
    this.store =
        ModelStore.durable(
            directory.resolve("store"), new StoreSettings(1L << 30, Duration.ofHours(1)));
    try {
      this.models =
          between.apply(
              new StoredModels(store, Files.createDirectories(directory.resolve("store")), system));
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
    start(settings);
  }

  /** Another server for the same models and jobs. */
  public ApiServer start(String... settings) {
    ApiServer server =
        ApiServer.bind(
                ApiSettings.of(config(settings)),
                services(
                    () ->
                        List.of(
                            new ClusterInfo.Member(
                                "akka://rebasin@127.0.0.1:25520", List.of("solver"), "up", true))),
                system)
            .toCompletableFuture()
            .join();
    servers.add(server);
    return server;
  }

  /** All that a server of these settings does. */
  List<Endpoint> endpoints(ApiSettings settings) {
    return ApiServer.endpoints(
        settings, services(List::of), SystemMaterializer.get(system).materializer());
  }

  private ApiServer.Services services(ClusterInfo cluster) {
    return new ApiServer.Services(jobs, federations, models, cluster, Measurements.OFF);
  }

  static Config config(String... settings) {
    return ConfigFactory.parseString("rebasin.http.port = 0\n" + String.join("\n", settings))
        .withFallback(ConfigFactory.load());
  }

  public FakeJobs jobs() {
    return jobs;
  }

  public FakeFederations federations() {
    return federations;
  }

  public URI uri() {
    return servers.get(0).uri();
  }

  /** All files of the store. */
  List<Path> uploaded() throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve("store"))) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  /** A chain of dense layers in a file of its own; the seed decides the numbers. */
  public Path modelFile(int seed, Map<String, String> metadata, int... widths) {
    List<TensorDeclaration> tensors = new ArrayList<>();
    for (int i = 1; i < widths.length; i++) {
      tensors.add(
          new TensorDeclaration(
              "fc%d.weight".formatted(i), DataType.F32, new long[] {widths[i], widths[i - 1]}));
      tensors.add(
          new TensorDeclaration("fc%d.bias".formatted(i), DataType.F32, new long[] {widths[i]}));
    }
    Path file = directory.resolve("model-%d-%d".formatted(seed, widths.length));
    try (ModelStore elsewhere = new ModelStore(directory)) {
      ModelId id =
          elsewhere.write(
              tensors,
              metadata,
              writer ->
                  tensors.forEach(
                      tensor -> {
                        int size = 1;
                        for (long axis : tensor.shape()) {
                          size *= (int) axis;
                        }
                        float[] values = new float[size];
                        for (int i = 0; i < size; i++) {
                          values[i] = (float) Math.sin(seed * 100.0 + i);
                        }
                        writer.write(tensor.name(), FloatBuffer.wrap(values));
                      }));
      elsewhere.export(id, file);
    }
    return file;
  }

  public byte[] model(int seed, int... widths) {
    return model(seed, Map.of(), widths);
  }

  byte[] model(int seed, Map<String, String> metadata, int... widths) {
    try {
      return Files.readAllBytes(modelFile(seed, metadata, widths));
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  /** An answer. */
  record Answer(HttpResponse<byte[]> response) {
    int status() {
      return response.statusCode();
    }

    String header(String name) {
      return response.headers().firstValue(name).orElse("");
    }

    JsonNode json() {
      try {
        return JSON.readTree(response.body());
      } catch (IOException problem) {
        throw new UncheckedIOException(text(), problem);
      }
    }

    String text() {
      return new String(response.body(), StandardCharsets.UTF_8);
    }
  }

  /** Asks the first server. */
  Answer ask(String method, String path, byte[] content, String... headers) {
    return ask(uri(), method, path, content, headers);
  }

  Answer ask(URI server, String method, String path, byte[] content, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.resolve(path))
            .timeout(Duration.ofSeconds(20))
            .method(
                method,
                content.length == 0
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(content));
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      return new Answer(client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray()));
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    } catch (InterruptedException problem) {
      throw new IllegalStateException(problem);
    }
  }

  Answer get(String path, String... headers) {
    return ask("GET", path, new byte[0], headers);
  }

  /** Uploads a model, which must be accepted. */
  public String upload(byte[] model) {
    Answer answer = ask("POST", "/models", model);
    if (answer.status() / 100 != 2) {
      throw new AssertionError(answer.text());
    }
    return answer.json().get("id").asText();
  }

  Answer postMerge(String document, String... headers) {
    List<String> all = new ArrayList<>(List.of("Content-Type", "application/json"));
    all.addAll(List.of(headers));
    return ask(
        "POST", "/merges", document.getBytes(StandardCharsets.UTF_8), all.toArray(String[]::new));
  }

  static String json(Object document) {
    try {
      return JSON.writeValueAsString(document);
    } catch (JsonProcessingException problem) {
      throw new IllegalStateException(problem);
    }
  }

  Optional<ModelId> inStore(String id) {
    return Optional.of(new ModelId(id)).filter(store::contains);
  }

  @Override
  public void close() {
    servers.forEach(
        server -> server.terminate(Duration.ofMillis(200)).toCompletableFuture().join());
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().join();
    store.close();
  }
}
