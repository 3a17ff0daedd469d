package org.rebasin.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.rebasin.actors.federation.FederationName;
import org.rebasin.actors.store.ModelId;

/** A server's federations, as {@link ApiClient} has its merges. */
public final class FederationClient {
  /** Between two attempts where the server does not say; no more than this where it does. */
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);

  /** Less than a proxy between client and server waits for an answer. */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(25);

  private final ApiClient api;

  /** The federations of a client's server. */
  public FederationClient(ApiClient api) {
    this.api = api;
  }

  /**
   * A version that was downloaded.
   *
   * @param version its number
   * @param model its content
   */
  public record Pulled(int version, ModelId model) {}

  private static String path(FederationName name) {
    return FederationDocuments.path(name);
  }

  private JsonNode send(String method, String path, Map<String, Object> document) {
    return api.patiently(
        api.request(path)
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofByteArray(HttpJson.bytes(document)))
            .build());
  }

  /** Creates a federation, or finds it there with the same settings. */
  public JsonNode create(FederationName name, Map<String, Object> document) {
    return send("PUT", path(name), document);
  }

  /** All federations. */
  public JsonNode list() {
    return api.patiently(api.request("/federations").GET().build());
  }

  /** How a federation stands. */
  public JsonNode view(FederationName name) {
    return api.patiently(api.request(path(name)).GET().build());
  }

  /**
   * Has a federation do something that may be asked for twice.
   *
   * @param what pause, resume or close
   */
  public JsonNode govern(FederationName name, String what) {
    return api.patiently(
        api.request(path(name) + "/" + what).POST(BodyPublishers.noBody()).build());
  }

  /** Makes an earlier version the current one. */
  public JsonNode rollback(FederationName name, int version) {
    return send("POST", path(name) + "/rollback", Map.of("version", version));
  }

  /** Makes a version again from its record. */
  public JsonNode reproduce(FederationName name, int version) {
    return api.patiently(
        api.request("%s/versions/%d/reproduce".formatted(path(name), version))
            .POST(BodyPublishers.noBody())
            .build());
  }

  /**
   * Gives a contribution, and waits while too many others do.
   *
   * @param document as {@code POST /federations/{name}/contributions} takes it
   * @param patience for how long to come again
   */
  public JsonNode contribute(FederationName name, Map<String, Object> document, Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    while (true) {
      try {
        return send("POST", path(name) + "/contributions", document);
      } catch (ApiException problem) {
        Duration pause = problem.retryAfter().orElse(Duration.ofSeconds(5));
        if (problem.why() != ApiException.Cause.FULL || System.nanoTime() + pause.toNanos() > end) {
          throw problem;
        }
        ApiClient.pause(pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE);
      }
    }
  }

  /**
   * Downloads a version's model, complete and with the right content or not at all.
   *
   * @param version which; the current one if empty
   * @param other the version that is not wanted again, for the current one
   * @param wait how long to wait for the current one to be another
   * @return what was downloaded; empty if there is none, or no other in that time
   */
  public Optional<Pulled> pull(
      FederationName name, OptionalInt version, OptionalInt other, Duration wait, Path target) {
    if (version.isPresent()) {
      return api.download(
              "%s/versions/%d/model".formatted(path(name), version.getAsInt()),
              target,
              FederationClient::content)
          .map(FederationClient::pulled);
    }
    long end = System.nanoTime() + wait.toNanos();
    int fruitless = 0;
    while (true) {
      Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
      long seconds =
          (left.compareTo(LONGEST_WAIT) < 0 ? left : LONGEST_WAIT).plusMillis(999).toSeconds();
      try {
        Optional<HttpHeaders> found =
            api.download(
                "%s/model?other-than=%d&wait=%d".formatted(path(name), other.orElse(0), seconds),
                target,
                FederationClient::content);
        fruitless = 0;
        if (found.isPresent() || left.isZero()) {
          return found.map(FederationClient::pulled);
        }
      } catch (ApiException problem) {
        fruitless++;
        if (!problem.passes() || fruitless > ApiClient.RECONNECTS) {
          throw problem;
        }
        ApiClient.pause();
      }
    }
  }

  private static Pulled pulled(HttpHeaders headers) {
    return new Pulled(
        (int) number(headers, "Rebasin-Version").orElseThrow(() -> missing("Rebasin-Version")),
        content(headers));
  }

  private static OptionalLong number(HttpHeaders headers, String name) {
    return headers
        .firstValue(name)
        .filter(text -> text.matches("\\d{1,9}"))
        .map(text -> OptionalLong.of(Long.parseLong(text)))
        .orElse(OptionalLong.empty());
  }

  private static ModelId content(HttpHeaders headers) {
    return headers
        .firstValue("ETag")
        .filter(tag -> tag.matches("\"[0-9a-f]{64}\""))
        .map(tag -> new ModelId(tag.substring(1, tag.length() - 1)))
        .orElseThrow(() -> missing("ETag"));
  }

  private static ApiException missing(String header) {
    return new ApiException(
        ApiException.Cause.FAILED,
        "expected a version's model with %s, found none".formatted(header));
  }

  /**
   * Follows a federation, and connects again where the stream breaks.
   *
   * @param events hears each event once, as a document, from the first; false from it ends this
   * @return how the federation stands then: closed, or as the last event left it
   */
  public JsonNode follow(FederationName name, Predicate<JsonNode> events) {
    Following following = new Following(events);
    int fruitless = 0;
    // Before the stream, which a federation that is not there has none of.
    JsonNode view = view(name);
    while (true) {
      long before = following.last;
      try {
        api.followOnce(path(name) + "/events", following.last, following::hear);
      } catch (Enough enough) {
        return view(name);
      } catch (ApiException problem) {
        fruitless = following.last > before ? 0 : fruitless + 1;
        if (problem.why() == ApiException.Cause.BAD_INPUT || fruitless > ApiClient.RECONNECTS) {
          throw problem;
        }
        ApiClient.pause();
        continue;
      }
      view = view(name);
      if (view.path("status").asText().equals("closed") && following.last == before) {
        return view;
      }
      ApiClient.pause();
    }
  }

  /** The listener has heard what it waited for. */
  private static final class Enough extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** How far a listener is. */
  private static final class Following {
    private final Predicate<JsonNode> events;
    private long last;

    Following(Predicate<JsonNode> events) {
      this.events = events;
    }

    void hear(JsonNode event) {
      last = event.path("sequence").asLong();
      if (!events.test(event)) {
        throw new Enough();
      }
    }
  }
}
