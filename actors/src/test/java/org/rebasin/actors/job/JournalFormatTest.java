package org.rebasin.actors.job;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.serialization.Serialization;
import akka.serialization.SerializationExtension;
import akka.serialization.SerializerWithStringManifest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.TaskResult;

/** What was written into journals once is read for ever. */
class JournalFormatTest {
  private static final ActorSystem<Void> SYSTEM = ActorSystem.create(Behaviors.empty(), "format");
  private static final Serialization SERIALIZATION = SerializationExtension.get(SYSTEM);
  private static final String FIRST_VERSION = "/events/v1/";

  /** Where the files are written, when there is something new to be kept. */
  private static final Optional<String> WRITE_TO =
      Optional.ofNullable(System.getenv("REBASIN_WRITE_JOURNAL_SAMPLES"));

  @AfterAll
  static void stop() {
    SYSTEM.terminate();
  }

  /** Everything by the name of its file. */
  private static Map<String, Object> samples() {
    Map<String, Object> all = new LinkedHashMap<>(JournalSamples.jobEvents());
    all.putAll(JournalSamples.indexEvents());
    all.put("state-job", JournalSamples.jobState());
    all.put("state-index", JournalSamples.indexState());
    return all;
  }

  private static SerializerWithStringManifest serializer(Object value) {
    return (SerializerWithStringManifest) SERIALIZATION.findSerializerFor(value);
  }

  @Test
  void firstVersionIsStillRead() throws IOException {
    for (Map.Entry<String, Object> sample : samples().entrySet()) {
      SerializerWithStringManifest serializer = serializer(sample.getValue());
      String manifest = serializer.manifest(sample.getValue());
      assertEquals(
          sample.getValue(),
          serializer.fromBinary(file(sample.getKey()), manifest),
          sample.getKey());
    }
  }

  @Test
  void whatIsWrittenTodayIsTheSame() throws IOException {
    for (Map.Entry<String, Object> sample : samples().entrySet()) {
      byte[] bytes = serializer(sample.getValue()).toBinary(sample.getValue());
      if (WRITE_TO.isPresent()) {
        Files.write(Path.of(WRITE_TO.get(), sample.getKey() + ".cbor"), bytes);
      }
      if (WRITE_TO.isEmpty()) {
        assertArrayEquals(file(sample.getKey()), bytes, sample.getKey());
      }
    }
  }

  private static byte[] file(String name) throws IOException {
    try (var in = JournalFormatTest.class.getResourceAsStream(FIRST_VERSION + name + ".cbor")) {
      if (in == null) {
        throw new IOException("expected a file of " + name + " in " + FIRST_VERSION);
      }
      return in.readAllBytes();
    }
  }

  @Test
  void everyKindHasAFile() {
    Set<Class<?>> kinds =
        samples().values().stream()
            .flatMap(JournalFormatTest::withParts)
            .map(Object::getClass)
            .collect(Collectors.toSet());
    Set<String> missing = new TreeSet<>();
    Stream.of(
            JournalEvent.class,
            JobIndex.Event.class,
            MergeRequest.Source.class,
            Matching.class,
            TaskResult.class)
        .flatMap(kind -> Arrays.stream(kind.getPermittedSubclasses()))
        .filter(kind -> !kinds.contains(kind))
        .forEach(kind -> missing.add(kind.getName()));
    assertEquals(Set.of(), missing);
  }

  private static Stream<Object> withParts(Object sample) {
    if (sample instanceof JournalEvent.Requested requested) {
      return Stream.concat(
          Stream.of(sample, requested.request().alignment().orElseThrow().matching()),
          requested.request().models().stream());
    }
    return sample instanceof JournalEvent.TaskCompleted completed
        ? Stream.of(sample, completed.result())
        : Stream.of(sample);
  }

  @Test
  void namesOfClassesAreNotWritten() {
    samples()
        .forEach(
            (name, value) -> {
              SerializerWithStringManifest serializer = serializer(value);
              assertEquals("", serializer.manifest(value), name);
              String bytes = new String(serializer.toBinary(value), StandardCharsets.ISO_8859_1);
              assertFalse(bytes.contains("rebasin"), name);
            });
  }

  @Test
  void permutationsAreStoredAsIntegers() {
    Object aligned = JournalSamples.jobEvents().get("task-completed-aligned");
    String bytes = new String(serializer(aligned).toBinary(aligned), StandardCharsets.ISO_8859_1);
    // CBOR: arrays of 3 and 2 elements, small integers of one byte each.
    String expected =
        new String(
            new byte[] {(byte) 0x83, 2, 0, 1, (byte) 0x82, 0, 1}, StandardCharsets.ISO_8859_1);
    assertTrue(bytes.contains(expected));
  }
}
