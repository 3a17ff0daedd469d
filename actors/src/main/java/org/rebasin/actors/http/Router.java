package org.rebasin.actors.http;

import akka.Done;
import akka.actor.typed.ActorSystem;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.scaladsl.model.EntityStreamException;
import akka.http.scaladsl.model.EntityStreamSizeException;
import akka.stream.IOOperationIncompleteException;
import akka.stream.StreamTcpException;
import akka.stream.javadsl.Sink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.rebasin.actors.federation.FederationRefusedException;
import org.rebasin.actors.job.JobRefusedException;
import org.rebasin.actors.store.CorruptModelException;
import org.rebasin.actors.store.ModelTooLargeException;
import org.rebasin.actors.stream.TransferException;
import org.rebasin.actors.work.TaskFailure;

/** Finds who answers a request, and turns whatever goes wrong into a problem document. */
final class Router {
  /** What is read on of a request that is refused, so that its sender hears why. */
  private static final long PATIENT_BYTES = 1L << 23;

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final List<Endpoint> endpoints;
  private final Optional<byte[]> token;
  private final ActorSystem<?> system;

  Router(List<Endpoint> endpoints, Optional<String> token, ActorSystem<?> system) {
    this.endpoints = List.copyOf(endpoints);
    this.token = token.map(text -> text.getBytes(StandardCharsets.UTF_8));
    this.system = system;
  }

  List<Endpoint> endpoints() {
    return endpoints;
  }

  CompletionStage<HttpResponse> answer(HttpRequest request) {
    return attempt(request)
        .handle(
            (response, problem) ->
                problem == null
                    ? CompletableFuture.<HttpResponse>completedFuture(response)
                    : refuse(request, problem))
        .thenCompose(answer -> answer)
        .thenApply(
            response -> response.addHeader(RawHeader.create("X-Content-Type-Options", "nosniff")));
  }

  private CompletableFuture<HttpResponse> attempt(HttpRequest request) {
    try {
      List<String> segments = Endpoint.segments(request.getUri().path());
      List<Match> here = new ArrayList<>();
      for (Endpoint endpoint : endpoints) {
        endpoint.match(segments).ifPresent(values -> here.add(new Match(endpoint, values)));
      }
      if (token.isEmpty()) {
        requireLoopbackName(request);
      } else if (here.stream().noneMatch(match -> match.endpoint().isOpen())) {
        requireToken(request, token.get());
      }
      Match match =
          here.stream()
              .filter(one -> one.endpoint().method().equals(request.method()))
              .findFirst()
              .or(
                  () ->
                      here.stream()
                          .filter(
                              one ->
                                  request.method().equals(HttpMethods.HEAD)
                                      && one.endpoint().method().equals(HttpMethods.GET))
                          .findFirst())
              .orElseThrow(() -> nobody(request, here));
      return match
          .endpoint()
          .handler()
          .answer(new Endpoint.Exchange(request, match.values()))
          .toCompletableFuture()
          .orTimeout(match.endpoint().patience().toMillis(), TimeUnit.MILLISECONDS);
    } catch (RuntimeException problem) {
      return CompletableFuture.failedFuture(problem);
    }
  }

  /** An endpoint at a request's path. */
  private record Match(Endpoint endpoint, Map<String, String> values) {}

  /** The path exists, but not for this method. */
  private static final class MethodRefused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String allowed;

    MethodRefused(String message, String allowed) {
      super(message);
      this.allowed = allowed;
    }
  }

  private static RuntimeException nobody(HttpRequest request, List<Match> here) {
    String path = request.getUri().path();
    if (here.isEmpty()) {
      return new ProblemException(Problem.Kind.NOT_FOUND, "nothing is at " + path);
    }
    TreeSet<String> allowed = new TreeSet<>();
    for (Match match : here) {
      allowed.add(match.endpoint().method().value());
      if (match.endpoint().method().equals(HttpMethods.GET)) {
        allowed.add(HttpMethods.HEAD.value());
      }
    }
    String methods = String.join(", ", allowed);
    return new MethodRefused(
        "%s: expected %s, found %s".formatted(path, methods, request.method().value()), methods);
  }

  private static void requireToken(HttpRequest request, byte[] token) {
    String[] shown =
        request.getHeader("Authorization").map(header -> header.value()).orElse("").split(" +", 2);
    // In constant time, so that it does not tell how much of a guess was right.
    if (shown.length != 2
        || !shown[0].equalsIgnoreCase("Bearer")
        || !MessageDigest.isEqual(shown[1].getBytes(StandardCharsets.UTF_8), token)) {
      throw new ProblemException(
          Problem.Kind.UNAUTHORIZED,
          "expected the server's token as Authorization: Bearer TOKEN, found "
              + (shown[0].isEmpty() ? "none" : "another"));
    }
  }

  /**
   * Without a token only this machine's own names are served: otherwise a web page whose name is
   * made to point here could have a browser on this machine speak for it.
   */
  private static void requireLoopbackName(HttpRequest request) {
    String host = request.getUri().host().address();
    if (!host.matches("localhost|127(\\.\\d{1,3}){3}|\\[?(::|0:0:0:0:0:0:0:)1\\]?")) {
      throw new ProblemException(
          Problem.Kind.MISDIRECTED,
          "expected a loopback name such as localhost, found '%s'".formatted(host));
    }
  }

  /** What a future failed with, or the content's stream where that stopped what read it. */
  private static Throwable cause(Throwable thrown) {
    Throwable cause = TaskFailure.unwrap(thrown);
    return cause instanceof IOOperationIncompleteException && cause.getCause() != null
        ? cause.getCause()
        : cause;
  }

  /** The answer to a request that is not served. */
  private CompletableFuture<HttpResponse> refuse(HttpRequest request, Throwable thrown) {
    Throwable cause = cause(thrown);
    String instance = request.getUri().path();
    HttpResponse response;
    if (cause instanceof MethodRefused refused) {
      response =
          Responses.problem(
                  new Problem(Problem.Kind.METHOD_NOT_ALLOWED, refused.getMessage()), instance)
              .addHeader(RawHeader.create("Allow", refused.allowed));
    } else if (cause instanceof FederationRefusedException refused) {
      response = Responses.refusal(refused, instance);
    } else if (cause instanceof ProblemException problem) {
      response = Responses.problem(problem.problem(), instance);
      for (Map.Entry<String, String> header : problem.headers().entrySet()) {
        response = response.addHeader(RawHeader.create(header.getKey(), header.getValue()));
      }
    } else {
      response = Responses.problem(problem(request, cause), instance);
    }
    HttpResponse answer = response;
    return rest(request).thenApply(done -> answer);
  }

  private Problem problem(HttpRequest request, Throwable cause) {
    if (cause instanceof JobRefusedException refusal) {
      Problem.Kind kind =
          switch (refusal.reason()) {
            case UNKNOWN -> Problem.Kind.NOT_FOUND;
            case KEY_REUSED -> Problem.Kind.KEY_REUSED;
            case CONFLICT -> Problem.Kind.CONFLICT;
            case UNAVAILABLE -> Problem.Kind.UNAVAILABLE;
          };
      return new Problem(kind, refusal.getMessage());
    }
    if (cause instanceof EntityStreamSizeException large) {
      return new Problem(
          Problem.Kind.TOO_LARGE,
          "expected at most %d bytes, found %s"
              .formatted(
                  large.limit(),
                  large.actualSize().isDefined() ? large.actualSize().get() : "more"));
    }
    if (cause instanceof ModelTooLargeException) {
      return new Problem(Problem.Kind.TOO_LARGE, cause.getMessage());
    }
    if (cause instanceof EntityStreamException || cause instanceof StreamTcpException) {
      return new Problem(Problem.Kind.CUT_OFF, cause.getMessage());
    }
    if (cause instanceof TimeoutException) {
      return new Problem(Problem.Kind.UNAVAILABLE, "no answer in time; try again later");
    }
    system.log().error("{} {} failed", request.method().value(), request.getUri().path(), cause);
    if (cause instanceof CorruptModelException) {
      return new Problem(
          Problem.Kind.UNAVAILABLE, "the model's file is damaged on this node; try again later");
    }
    if (cause instanceof TransferException) {
      return new Problem(Problem.Kind.UNAVAILABLE, cause.getMessage());
    }
    if (isDiskFull(cause)) {
      return new Problem(Problem.Kind.INSUFFICIENT_STORAGE, "the disk is full");
    }
    // What went wrong inside stays in the log.
    return new Problem(Problem.Kind.INTERNAL, "the server failed; its log says why");
  }

  private static boolean isDiskFull(Throwable cause) {
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if ((each instanceof IOException || each instanceof UncheckedIOException)
          && String.valueOf(each.getMessage()).contains("No space left")) {
        return true;
      }
    }
    return false;
  }

  /**
   * Reads what else comes, within bounds: a sender that still sends while its connection closes
   * never sees the answer. One that waits for leave to send is not given it.
   */
  private CompletableFuture<Done> rest(HttpRequest request) {
    if (request.getHeader("Expect").isPresent() || request.entity().isKnownEmpty()) {
      return CompletableFuture.completedFuture(Done.getInstance());
    }
    return request
        .entity()
        .withoutSizeLimit()
        .getDataBytes()
        .limitWeighted(PATIENT_BYTES, piece -> (long) piece.size())
        .completionTimeout(PATIENCE)
        .runWith(Sink.ignore(), system)
        .exceptionally(unreadable -> Done.getInstance())
        .toCompletableFuture();
  }
}
