package org.rebasin.actors.benchmark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A process of its own, with the JVM's options that the launcher gives a node, which does what it
 * is asked: one line in, one line out. Ends when nobody asks any more.
 */
final class BenchmarkProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader answers;
  private final Writer questions;

  private BenchmarkProcess(Process process) {
    this.process = process;
    answers = process.inputReader();
    questions = process.outputWriter();
  }

  /**
   * Starts one.
   *
   * @param main reads questions from its standard input, and prints answers and nothing else
   * @param options further ones of the JVM
   */
  static BenchmarkProcess start(Class<?> main, List<String> options, String... arguments)
      throws IOException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.add(
        "-Dorg.bytedeco.javacpp.platform.extension="
            + System.getProperty("org.bytedeco.javacpp.platform.extension", ""));
    words.add("-Dorg.bytedeco.javacpp.maxbytes=0");
    words.add("-Dorg.bytedeco.javacpp.maxphysicalbytes=0");
    words.add("-XX:+UseParallelGC");
    words.addAll(options);
    words.addAll(List.of("-classpath", System.getProperty("java.class.path"), main.getName()));
    words.addAll(List.of(arguments));
    return new BenchmarkProcess(
        new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  String ask(String question) throws IOException {
    questions.write(question + "\n");
    questions.flush();
    String answer = answers.readLine();
    if (answer == null) {
      throw new IllegalStateException("the measured process ended at " + question);
    }
    return answer;
  }

  /** How a process answers. */
  interface Answer {
    Object to(String question) throws Exception;
  }

  /**
   * Answers in such a process until nobody asks any more. Ends the process when it cannot, as
   * threads that go on would leave whoever asks waiting.
   */
  static void answer(Answer answer) {
    BufferedReader questions = new BufferedReader(new InputStreamReader(System.in));
    try {
      for (String line = questions.readLine(); line != null; line = questions.readLine()) {
        System.out.println(answer.to(line));
      }
    } catch (Exception problem) {
      problem.printStackTrace();
      System.exit(1);
    }
  }

  @Override
  public void close() {
    try {
      questions.close();
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    } finally {
      // What does not end within this never will.
      process.onExit().completeOnTimeout(process, 30, TimeUnit.SECONDS).join();
      process.destroyForcibly();
    }
  }
}
