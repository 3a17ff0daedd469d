package org.rebasin.actors.cluster;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;

/**
 * Takes traces in by the OpenTelemetry protocol over HTTP (its {@code trace.proto}), and keeps of
 * each span what it belongs to, what it is called, and its attributes that are text.
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

  private final HttpServer server;
  private final ConcurrentLinkedQueue<Span> spans = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Throwable> problems = new ConcurrentLinkedQueue<>();

  /** A span, as far as it is read. */
  record Span(String trace, String operation, Map<String, String> attributes) {}

  TraceCollector() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
    server.createContext("/v1/traces", this::receive);
    server.start();
  }

  /** Where it listens. */
  URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private void receive(HttpExchange exchange) throws IOException {
    try (exchange) {
      boolean zipped = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
      byte[] body =
          zipped
              ? new GZIPInputStream(exchange.getRequestBody()).readAllBytes()
              : exchange.getRequestBody().readAllBytes();
      try {
        for (ByteBuffer resource : fields(ByteBuffer.wrap(body), RESOURCE_SPANS)) {
          for (ByteBuffer scope : fields(resource, SCOPE_SPANS)) {
            fields(scope, SPANS).forEach(span -> spans.add(span(span)));
          }
        }
      } catch (RuntimeException malformed) {
        problems.add(malformed);
      }
      exchange.getResponseHeaders().add("Content-Type", "application/x-protobuf");
      exchange.sendResponseHeaders(200, -1);
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
    server.stop(0);
  }
}
