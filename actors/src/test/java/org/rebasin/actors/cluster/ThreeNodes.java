package org.rebasin.actors.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Three nodes in JVMs of their own on the loopback address, and their interface as users see it.
 */
final class ThreeNodes implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(90);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private final List<NodeProcess> nodes = new ArrayList<>();

  /**
   * Starts them and waits until all are members.
   *
   * @param journal that they share
   * @param settings of each node, counted from 0, each {@code key=value}
   */
  ThreeNodes(Path directory, SharedJournal journal, IntFunction<List<String>> settings) {
    this(
        directory,
        journal,
        settings,
        IntStream.range(0, 3).mapToObj(i -> NodeProcess.Place.free()).toList());
  }

  /**
   * Starts nodes at some places and waits until all are members.
   *
   * @param journal that they share
   * @param settings of each node, counted from 0, each {@code key=value}
   */
  ThreeNodes(
      Path directory,
      SharedJournal journal,
      IntFunction<List<String>> settings,
      List<NodeProcess.Place> places) {
    List<String> seeds = places.stream().map(NodeProcess.Place::address).toList();
    try {
      for (int i = 0; i < places.size(); i++) {
        nodes.add(
            new NodeProcess(
                directory.resolve("node-" + i), places.get(i), seeds, journal, settings.apply(i)));
      }
      awaitMembers(nodes.size());
    } catch (RuntimeException problem) {
      close();
      throw problem;
    }
  }

  NodeProcess node(int index) {
    return nodes.get(index);
  }

  /** Waits until every live node sees so many members that are up and reachable, and no others. */
  void awaitMembers(int count) {
    await(
        START,
        count + " members",
        () -> {
          for (NodeProcess node : nodes) {
            if (node.isAlive() && !sees(node, count)) {
              return Optional.empty();
            }
          }
          return Optional.of(true);
        });
  }

  private boolean sees(NodeProcess node, int count) {
    JsonNode members = get(node, "/cluster").path("members");
    for (JsonNode member : members) {
      if (!member.path("status").asText().equals("up") || !member.path("reachable").asBoolean()) {
        return false;
      }
    }
    return members.size() == count;
  }

  /** Stores a model's file by a node; returns its id. */
  String upload(NodeProcess node, byte[] file) {
    JsonNode stored =
        document(
            send(
                HttpRequest.newBuilder(node.uri("/models"))
                    .header("Content-Type", "application/octet-stream")
                    .POST(BodyPublishers.ofByteArray(file))
                    .build()));
    return stored.path("id").asText();
  }

  /**
   * Begins a merge; returns the job. Asks any live node, again under the same key while the cluster
   * is without a majority or a journal.
   */
  String submit(String request) {
    String key = UUID.randomUUID().toString();
    return await(
        START,
        "a place for a job",
        () -> {
          JsonNode job =
              document(
                  send(
                      HttpRequest.newBuilder(live().uri("/merges"))
                          .header("Content-Type", "application/json")
                          .header("Idempotency-Key", key)
                          .POST(BodyPublishers.ofString(request))
                          .build()));
          return Optional.of(job.path("id").asText());
        });
  }

  /** Waits until a job has ended; returns how it stands then, asked of any live node. */
  JsonNode awaitEnd(String job, Duration limit) {
    return await(
        limit,
        "the end of job " + job,
        () -> {
          JsonNode view = get(live(), "/merges/" + job);
          String status = view.path("status").asText();
          return List.of("succeeded", "failed", "cancelled").contains(status)
              ? Optional.of(view)
              : Optional.empty();
        });
  }

  /** The names of all jobs that the cluster knows. */
  Set<String> jobs() {
    Set<String> jobs = new HashSet<>();
    String page = "/merges?limit=1000";
    while (!page.isEmpty()) {
      JsonNode document = get(live(), page);
      document.path("merges").forEach(job -> jobs.add(job.path("id").asText()));
      String next = document.path("next").asText();
      page = next.isEmpty() ? "" : "/merges?limit=1000&after=" + next;
    }
    return jobs;
  }

  /** The numbers of all events of a job that has ended, as they are told. */
  List<Long> eventNumbers(String job) {
    String events =
        new String(
            send(HttpRequest.newBuilder(live().uri("/merges/" + job + "/events")).build()).body(),
            StandardCharsets.UTF_8);
    return events
        .lines()
        .filter(line -> line.startsWith("id:"))
        .map(line -> Long.valueOf(line.substring(3).strip()))
        .toList();
  }

  /** Puts a document somewhere, by any live node. */
  void put(String path, String document) {
    await(
        START,
        "a place at " + path,
        () ->
            Optional.of(
                send(
                    HttpRequest.newBuilder(live().uri(path))
                        .header("Content-Type", "application/json")
                        .PUT(BodyPublishers.ofString(document))
                        .build())));
  }

  /** Has something done that may be asked for twice, by any live node. */
  JsonNode post(String path) {
    return await(
        START,
        path,
        () ->
            Optional.of(
                document(
                    send(
                        HttpRequest.newBuilder(live().uri(path))
                            .POST(BodyPublishers.noBody())
                            .build()))));
  }

  /** A document, from any live node. */
  JsonNode patiently(String path) {
    return await(START, path, () -> Optional.of(get(live(), path)));
  }

  /** A model's file, from any live node. */
  byte[] patientlyDownload(String path) {
    return await(
        START,
        path,
        () -> Optional.of(send(HttpRequest.newBuilder(live().uri(path)).build()).body()));
  }

  /**
   * Gives a contribution, again and again while it is not taken; the same one counts once.
   *
   * @return how it stands; empty if nobody wants it any more before it was taken, or if the version
   *     that it began from is too old by now
   */
  Optional<JsonNode> contribute(String path, byte[] model, BooleanSupplier wanted) {
    return await(
        START,
        path,
        () -> {
          try {
            return Optional.of(
                Optional.of(
                    document(
                        send(
                            HttpRequest.newBuilder(live().uri(path))
                                .header("Content-Type", "application/octet-stream")
                                .POST(BodyPublishers.ofByteArray(model))
                                .build()))));
          } catch (IllegalStateException | UncheckedIOException problem) {
            if (!wanted.getAsBoolean() || String.valueOf(problem.getMessage()).contains(": 422 ")) {
              return Optional.of(Optional.empty());
            }
            throw problem;
          }
        });
  }

  /** All pages of a list. */
  List<JsonNode> all(String path, String field) {
    List<JsonNode> all = new ArrayList<>();
    String page = path + "?limit=500";
    while (!page.isEmpty()) {
      JsonNode document = patiently(page);
      document.path(field).forEach(all::add);
      String next = document.path("next").asText();
      String place = field.equals("versions") ? "before" : "after";
      page = next.isEmpty() ? "" : "%s?limit=500&%s=%s".formatted(path, place, next);
    }
    return all;
  }

  /** A node that runs. */
  NodeProcess live() {
    return nodes.stream().filter(NodeProcess::isAlive).findFirst().orElseThrow();
  }

  /** A model's file, from a node. */
  byte[] download(NodeProcess node, String model) {
    return send(HttpRequest.newBuilder(node.uri("/models/" + model)).build()).body();
  }

  JsonNode get(NodeProcess node, String path) {
    return document(send(HttpRequest.newBuilder(node.uri(path)).build()));
  }

  private HttpResponse<byte[]> send(HttpRequest request) {
    try {
      HttpResponse<byte[]> response = client.send(request, BodyHandlers.ofByteArray());
      if (response.statusCode() / 100 != 2) {
        throw new IllegalStateException(
            "%s %s: %d %s"
                .formatted(
                    request.method(),
                    request.uri(),
                    response.statusCode(),
                    new String(response.body())));
      }
      return response;
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  private static JsonNode document(HttpResponse<byte[]> response) {
    try {
      return JSON.readTree(response.body());
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  /** Asks again and again; what fails meanwhile is expected of nodes that start and die. */
  private <T> T await(Duration limit, String what, Callable<Optional<T>> question) {
    long end = System.nanoTime() + limit.toNanos();
    Exception last = null;
    while (System.nanoTime() < end) {
      try {
        Optional<T> answer = question.call();
        if (answer.isPresent()) {
          return answer.get();
        }
        Thread.sleep(200);
      } catch (UncheckedIOException | IllegalStateException problem) {
        last = problem;
        pause();
      } catch (Exception problem) {
        throw new IllegalStateException(problem);
      }
    }
    throw new AssertionError(
        "waited %s for %s in vain; nodes' logs:%n%s".formatted(limit, what, logs()), last);
  }

  private static void pause() {
    try {
      Thread.sleep(200);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The end of what each node printed. */
  private String logs() {
    StringBuilder text = new StringBuilder();
    for (NodeProcess node : nodes) {
      try {
        List<String> lines = Files.readAllLines(node.log());
        text.append(node.log()).append(System.lineSeparator());
        lines
            .subList(Math.max(0, lines.size() - 40), lines.size())
            .forEach(line -> text.append("  ").append(line).append(System.lineSeparator()));
      } catch (IOException problem) {
        text.append(problem);
      }
    }
    return text.toString();
  }

  @Override
  public void close() {
    nodes.forEach(NodeProcess::close);
  }
}
