package org.rebasin.actors.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rebasin.actors.federation.ContributionView;

/** The examples for those who train elsewhere, run as they are shipped. */
class ExampleParticipantsTest {
  private static final int SIDE = 28;
  private static final int IMAGES = 600;

  @TempDir static Path directory;
  private static Served served;

  @BeforeAll
  static void start() throws IOException {
    served = new Served(directory);
    writeImages();
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  /** Ten classes of a bright row each, in MNIST's files: easy enough for two epochs. */
  private static void writeImages() throws IOException {
    Random random = new Random(5);
    ByteArrayOutputStream images = new ByteArrayOutputStream();
    ByteArrayOutputStream labels = new ByteArrayOutputStream();
    DataOutputStream head = new DataOutputStream(images);
    for (int number : new int[] {0x803, IMAGES, SIDE, SIDE}) {
      head.writeInt(number);
    }
    head = new DataOutputStream(labels);
    head.writeInt(0x801);
    head.writeInt(IMAGES);
    for (int i = 0; i < IMAGES; i++) {
      int label = random.nextInt(10);
      labels.write(label);
      for (int pixel = 0; pixel < SIDE * SIDE; pixel++) {
        boolean bright = pixel / SIDE / 2 == label + 2;
        images.write(bright ? 180 + random.nextInt(70) : random.nextInt(40));
      }
    }
    write("train-images-idx3-ubyte.gz", images.toByteArray());
    write("train-labels-idx1-ubyte.gz", labels.toByteArray());
  }

  private static void write(String name, byte[] content) throws IOException {
    Path data = Files.createDirectories(directory.resolve("data"));
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(data.resolve(name)))) {
      out.write(content);
    }
  }

  /** A Python that has a module; on some machines it is not the first on the path. */
  private static String pythonWith(String module) throws InterruptedException {
    for (String python : List.of("python3", "/usr/bin/python3")) {
      try {
        Process process =
            new ProcessBuilder(python, "-c", "import " + module)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        boolean ended = process.waitFor(120, TimeUnit.SECONDS);
        process.destroyForcibly();
        if (ended && process.exitValue() == 0) {
          return python;
        }
      } catch (IOException noPython) {
        // The next one, or none: that is said below.
        continue;
      }
    }
    String reason = "SKIPPED: there is no python3 with " + module + " to run the example with";
    System.err.println(reason);
    return abort(reason);
  }

  @ParameterizedTest
  @CsvSource({"numpy,federated_numpy.py", "torch,federated_pytorch.py"})
  void exampleTrainsVersionAfterVersion(String module, String script) throws Exception {
    String python = pythonWith(module);
    String document = "{\"architecture\": \"mlp:784-16-10\", \"gate\": {\"data\": \"digits\"}}";
    assertEquals(
        201,
        served
            .ask(
                "PUT",
                "/federations/" + module,
                document.getBytes(StandardCharsets.UTF_8),
                "Content-Type",
                "application/json")
            .status());
    Path log = directory.resolve(module + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(
                python,
                Path.of("..", "deploy", "examples", script).toString(),
                "--url",
                served.uri().toString(),
                "--name",
                module,
                "--participant",
                "site-1",
                "--data",
                directory.resolve("data").toString(),
                "--shard",
                "1/2",
                "--rounds",
                "3",
                "--epochs",
                "2",
                "--batch",
                "20")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("OMP_NUM_THREADS", "1");
    builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
    Process example = builder.start();
    try {
      for (int round = 1; round <= 3; round++) {
        ContributionView given = next(module, round, example, log);
        assertEquals("site-1", given.contribution().participant());
        assertEquals(IMAGES / 2, given.contribution().examples());
        assertEquals(
            round == 1 ? OptionalInt.empty() : OptionalInt.of(round - 1),
            given.contribution().base());
        served.federations().publish(module, given.contribution().model(), 0.5);
      }
      assertTrue(example.waitFor(60, TimeUnit.SECONDS), () -> text(log));
      assertEquals(0, example.exitValue(), () -> text(log));
    } finally {
      example.destroyForcibly();
    }
    List<Double> losses =
        text(log)
            .lines()
            .filter(line -> line.contains("loss "))
            .map(line -> Double.parseDouble(line.replaceAll(".*loss ([0-9.]+),.*", "$1")))
            .toList();
    assertEquals(3, losses.size(), text(log));
    // Each goes on from the version before it, which was its own contribution.
    assertTrue(losses.get(2) < losses.get(0) / 2, text(log));
  }

  private static ContributionView next(String name, int count, Process example, Path log)
      throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (true) {
      // Asked first: it may end as soon as it has given the last one.
      boolean mayGive = example.isAlive() && System.nanoTime() < end;
      List<ContributionView> given = served.federations().given(name);
      if (given.size() >= count) {
        return given.get(count - 1);
      }
      assertTrue(mayGive, () -> text(log));
      Thread.sleep(20);
    }
  }

  private static String text(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException problem) {
      throw new java.io.UncheckedIOException(problem);
    }
  }
}
