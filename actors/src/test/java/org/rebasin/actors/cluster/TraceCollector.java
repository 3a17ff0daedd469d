package org.rebasin.actors.cluster;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.http.javadsl.Http;
import akka.http.javadsl.ServerBinding;
import akka.http.javadsl.model.AttributeKeys;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.Trailer;
import akka.http.javadsl.model.headers.RawHeader;
import com.typesafe.config.ConfigFactory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;

/**
 * Takes traces in by the OpenTelemetry protocol (its {@code trace.proto}), over HTTP and by gRPC,
 * and keeps of each span what it belongs to, what it is called, and its attributes that are text.
 */
final class TraceCollector implements AutoCloseable {
  private static final String DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

  // Field numbers of the protocol's messages.
  private static final int RESOURCE_SPANS = 1;
  private static final int SCOPE_SPANS = 2;
  private static final int SPANS = 2;
  private static final int TRACE_ID = 1;
  private static final int NAME = 5;
  private static final int ATTRIBUTES = 9;
  private static final int KEY = 1;
  private static final int VALUE = 2;
  private static final int STRING = 1;

  private static final String HTTP = "/v1/traces";
  private static final String GRPC = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

  /** Before a gRPC message: whether it is compressed, and its length. */
  private static final int GRPC_PREFIX = 5;

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final ActorSystem<Void> system =
      ActorSystem.create(
          Behaviors.empty(),
          "collector",
          ConfigFactory.parseString("akka.http.server.preview.enable-http2 = on")
              .withFallback(ConfigFactory.defaultReference()));
  private final ServerBinding server;
  private final ConcurrentLinkedQueue<Span> spans = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Throwable> problems = new ConcurrentLinkedQueue<>();
  private final Set<String> paths = ConcurrentHashMap.newKeySet();

  /** A span, as far as it is read. */
  record Span(String trace, String operation, Map<String, String> attributes) {}

  TraceCollector() {
    server =
        Http.get(system)
            .newServerAt("127.0.0.1", 0)
            .bind(this::receive)
            .toCompletableFuture()
            .join();
  }

  /** Where it listens. */
  URI uri() {
    return URI.create("http://127.0.0.1:" + server.localAddress().getPort());
  }

  /** Whether traces came over HTTP, and by gRPC. */
  boolean hasHeardBothProtocols() {
    return paths.equals(Set.of(HTTP, GRPC));
  }

  private CompletionStage<HttpResponse> receive(HttpRequest request) {
    return request
        .entity()
        .toStrict(PATIENCE.toMillis(), system)
        .thenApply(body -> answer(request, body.getData().toArray()));
  }

  private HttpResponse answer(HttpRequest request, byte[] body) {
    String path = request.getUri().path();
    boolean grpc = path.equals(GRPC);
    try {
      if (!grpc && !path.equals(HTTP)) {
        throw new IllegalArgumentException("no place for traces: " + path);
      }
      boolean zipped =
          grpc
              ? body[0] == 1
              : request
                  .getHeader("Content-Encoding")
                  .filter(encoding -> encoding.value().equals("gzip"))
                  .isPresent();
      ByteArrayInputStream bytes = new ByteArrayInputStream(body);
      bytes.skipNBytes(grpc ? GRPC_PREFIX : 0);
      try (InputStream message = zipped ? new GZIPInputStream(bytes) : bytes) {
        keep(ByteBuffer.wrap(message.readAllBytes()));
      }
      paths.add(path);
    } catch (IOException | RuntimeException malformed) {
      problems.add(malformed);
    }
    return grpc
        ? HttpResponse.create()
            .withEntity(
                HttpEntities.create(
                    ContentTypes.parse("application/grpc+proto"), new byte[GRPC_PREFIX]))
            .addAttribute(
                AttributeKeys.trailer,
                Trailer.create().addHeader(RawHeader.create("grpc-status", "0")))
        : HttpResponse.create()
            .withEntity(
                HttpEntities.create(ContentTypes.parse("application/x-protobuf"), new byte[0]));
  }

  private void keep(ByteBuffer message) {
    for (ByteBuffer resource : fields(message, RESOURCE_SPANS)) {
      for (ByteBuffer scope : fields(resource, SCOPE_SPANS)) {
        fields(scope, SPANS).forEach(span -> spans.add(span(span)));
      }
    }
  }

  private static Span span(ByteBuffer span) {
    Map<String, String> attributes = new TreeMap<>();
    for (ByteBuffer attribute : fields(span, ATTRIBUTES)) {
      for (ByteBuffer value : fields(attribute, VALUE)) {
        fields(value, STRING)
            .forEach(text -> attributes.put(text(fields(attribute, KEY).get(0)), text(text)));
      }
    }
    ByteBuffer id = fields(span, TRACE_ID).get(0);
    byte[] trace = new byte[id.remaining()];
    id.duplicate().get(trace);
    return new Span(HexFormat.of().formatHex(trace), text(fields(span, NAME).get(0)), attributes);
  }

  private static String text(ByteBuffer bytes) {
    return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
  }

  /** A protobuf message's fields of one number, which have a length. */
  private static List<ByteBuffer> fields(ByteBuffer message, int number) {
    List<ByteBuffer> found = new ArrayList<>();
    ByteBuffer rest = message.duplicate();
    while (rest.hasRemaining()) {
      long tag = varint(rest);
      switch ((int) (tag & 7)) {
        case 0 -> varint(rest);
        case 1 -> rest.position(rest.position() + Long.BYTES);
        case 2 -> {
          int length = (int) varint(rest);
          if (tag >>> 3 == number) {
            found.add(rest.slice(rest.position(), length));
          }
          rest.position(rest.position() + length);
        }
        case 5 -> rest.position(rest.position() + Integer.BYTES);
        default -> throw new IllegalStateException("no protobuf wire type: " + (tag & 7));
      }
    }
    return found;
  }

  private static long varint(ByteBuffer bytes) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = bytes.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }

  /** The trace that a job's name stands for, as 32 hexadecimal digits. */
  static String traceOf(String job) {
    BigInteger number = BigInteger.ZERO;
    for (char digit : job.toCharArray()) {
      number =
          number.multiply(BigInteger.valueOf(32)).add(BigInteger.valueOf(DIGITS.indexOf(digit)));
    }
    return "%032x".formatted(number);
  }

  /** All traces that came in. */
  Set<String> traces() {
    return of(span -> true, Span::trace);
  }

  /** What a trace's spans are called. */
  Set<String> operations(String trace) {
    return of(span -> span.trace().equals(trace), Span::operation);
  }

  /** The nodes that a trace's spans are of. */
  Set<String> nodes(String trace) {
    return attribute(trace, "node");
  }

  /** The jobs that a trace's spans name. */
  Set<String> jobs(String trace) {
    return attribute(trace, "job");
  }

  private Set<String> attribute(String trace, String key) {
    return of(
        span -> span.trace().equals(trace) && span.attributes().containsKey(key),
        span -> span.attributes().get(key));
  }

  private Set<String> of(Predicate<Span> which, Function<Span, String> what) {
    problems.forEach(
        problem -> {
          throw new AssertionError("what was sent is malformed", problem);
        });
    return spans.stream().filter(which).map(what).collect(Collectors.toSet());
  }

  @Override
  public void close() {
    system.terminate();
  }
}
