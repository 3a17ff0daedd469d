package org.rebasin.actors.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The image's recipe agrees with the launcher, the node and what is sent to the builder. */
class ImageTest {
  private final List<String> lines = instructions();

  /** One instruction a line, without comments. */
  private static List<String> instructions() {
    String text =
        Deployed.read(Deployed.DEPLOY.resolve("Dockerfile"))
            .replaceAll("(?m)^#.*\\n", "")
            .replaceAll("\\\\\\n\\s*", "");
    return text.lines().filter(line -> !line.isBlank()).toList();
  }

  private List<String> all(String instruction) {
    return lines.stream()
        .filter(line -> line.startsWith(instruction + " "))
        .map(line -> line.substring(instruction.length() + 1))
        .toList();
  }

  private String last(String instruction) {
    List<String> all = all(instruction);
    assertTrue(!all.isEmpty(), "no " + instruction);
    return all.get(all.size() - 1);
  }

  /** The words of an instruction that no shell reads. */
  private static List<String> words(String json) {
    try {
      return Arrays.asList(new ObjectMapper().readValue(json, String[].class));
    } catch (JsonProcessingException problem) {
      throw new AssertionError("expected words in brackets, found " + json, problem);
    }
  }

  @Test
  void everyInstructionIsOne() {
    Set<String> known =
        Set.of(
            "FROM",
            "COPY",
            "RUN",
            "ENV",
            "USER",
            "WORKDIR",
            "VOLUME",
            "EXPOSE",
            "STOPSIGNAL",
            "HEALTHCHECK",
            "ENTRYPOINT",
            "CMD");
    for (String line : lines) {
      assertTrue(known.contains(line.split(" ")[0]), line);
    }
  }

  @Test
  void theUserIsThatOfTheDirectoryThatItWrites() {
    String user = last("USER");
    assertEquals("10001:10001", user);
    String made = all("RUN").get(1);
    assertTrue(made.contains("--uid 10001"), made);
    assertTrue(made.contains("--owner=10001 --group=10001 --mode=0750 " + last("VOLUME")), made);
    assertTrue(lines.indexOf("USER " + user) > lines.indexOf("RUN " + made));
  }

  @Test
  void portsAreTheNodesOwn() {
    Config config = ConfigFactory.defaultReference();
    Set<Integer> ports =
        Arrays.stream(last("EXPOSE").split(" ")).map(Integer::valueOf).collect(Collectors.toSet());
    assertEquals(
        Set.of(
            config.getInt("rebasin.node.port"),
            config.getInt("rebasin.http.port"),
            config.getInt("rebasin.node.management-port")),
        ports);
  }

  @Test
  void whatIsRunIsInTheImage() {
    List<String> run = new ArrayList<>(words(last("ENTRYPOINT")));
    String check = last("HEALTHCHECK");
    run.addAll(words(check.substring(check.indexOf("CMD ") + 4)));
    for (String command : run) {
      assertTrue(Files.isExecutable(Deployed.inImage(command)), command);
    }
    List<String> node = words(last("CMD"));
    assertEquals(List.of("node", "--config"), node.subList(0, 2));
    assertTrue(Files.isReadable(Deployed.inImage(node.get(2))), node.get(2));
  }

  @Test
  void variablesAreRead() {
    for (String variable : last("ENV").split(" ")) {
      String name = variable.split("=")[0];
      assertTrue(
          name.equals("PATH") || Deployed.variablesRead().contains(name), "nothing reads " + name);
    }
  }

  @Test
  void whatIsCopiedIsSentToTheBuilder() {
    List<String> ignored =
        Deployed.read(Deployed.REPOSITORY.resolve(".dockerignore"))
            .lines()
            .filter(line -> !line.startsWith("#"))
            .toList();
    assertEquals("*", ignored.get(0));
    Set<String> copied =
        all("COPY").stream()
            .filter(copy -> !copy.contains("--from="))
            .map(copy -> copy.replaceFirst("^--chmod=\\d+ ", "").split(" ")[0])
            .collect(Collectors.toSet());
    assertEquals(
        copied,
        ignored.stream().skip(1).map(line -> line.substring(1)).collect(Collectors.toSet()));
  }

  @Test
  void theHealthCheckSaysWhenNothingAnswers() throws Exception {
    ProcessBuilder check =
        new ProcessBuilder(Deployed.DEPLOY.resolve("healthcheck").toString())
            .redirectErrorStream(true);
    check.environment().put("REBASIN_MANAGEMENT_PORT", "1");
    Process process = check.start();
    String printed = new String(process.getInputStream().readAllBytes());
    assertEquals(1, process.waitFor(), printed);
    assertTrue(printed.contains("healthcheck: nothing answers at 127.0.0.1:1"), printed);
  }

  @Test
  void everyConfigurationOfTheImageIsInTheDistribution() {
    Path config = Deployed.REPOSITORY.resolve("config");
    for (String name : List.of("container.conf", "kubernetes.conf", "tls.conf", "cluster.conf")) {
      assertTrue(Files.exists(config.resolve(name)), name);
    }
  }
}
