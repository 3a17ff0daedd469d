package org.rebasin.actors.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.cli.RawModels.RawTensor;

/** The README's example of the library is a program, and does what the command line does. */
class LibraryExampleTest {
  private static final Pattern JAVA = Pattern.compile("(?ms)^```java\\n(.*?)^```$");
  private static final Pattern CLASS = Pattern.compile("(?m)^(?:public )?class (\\w+)");

  @TempDir Path directory;

  @Test
  void theReadmesExampleMergesAsTheCommandDoes() throws Exception {
    List<String> layers = List.of("fc1", "fc2", "fc3");
    Path a =
        RawModels.write(
            directory.resolve("a.safetensors"), RawModels.mlp(1, "F32", layers, 12, 16, 16, 5));
    Path b =
        RawModels.write(
            directory.resolve("b.safetensors"), RawModels.mlp(2, "F32", layers, 12, 16, 16, 5));
    Path byExample = directory.resolve("example.safetensors");
    Path byCommand = directory.resolve("command.safetensors");

    run(example(), a, b, byExample);
    Run.of("merge", a, b, "--out", byCommand).done();

    List<RawTensor> expected = sorted(RawModels.read(byCommand));
    List<RawTensor> found = sorted(RawModels.read(byExample));
    assertEquals(
        expected.stream().map(RawTensor::declaration).toList(),
        found.stream().map(RawTensor::declaration).toList());
    assertFalse(expected.isEmpty());
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(
          java.nio.ByteBuffer.wrap(expected.get(i).bytes()),
          java.nio.ByteBuffer.wrap(found.get(i).bytes()),
          expected.get(i).name());
    }
  }

  private static List<RawTensor> sorted(List<RawTensor> tensors) {
    return tensors.stream().sorted(Comparator.comparing(RawTensor::name)).toList();
  }

  /** The one block of Java that the README has. */
  private static String example() throws IOException {
    Matcher blocks = JAVA.matcher(Files.readString(Path.of("..", "README.md")));
    assertTrue(blocks.find(), "the README has no example in Java");
    String example = blocks.group(1);
    assertFalse(blocks.find(), "the README has more than one example in Java");
    return example;
  }

  private void run(String source, Path... files) throws Exception {
    Matcher declared = CLASS.matcher(source);
    assertTrue(declared.find(), "the example declares no class");
    String name = declared.group(1);
    Path classes = Files.createDirectory(directory.resolve("classes"));
    compile(Files.writeString(directory.resolve(name + ".java"), source), classes);
    try (URLClassLoader loader =
        new URLClassLoader(
            new URL[] {classes.toUri().toURL()}, LibraryExampleTest.class.getClassLoader())) {
      String[] arguments = new String[files.length];
      for (int i = 0; i < files.length; i++) {
        arguments[i] = files[i].toString();
      }
      loader.loadClass(name).getMethod("main", String[].class).invoke(null, (Object) arguments);
    }
  }

  private static void compile(Path source, Path classes) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> said = new DiagnosticCollector<>();
    try (StandardJavaFileManager files =
        compiler.getStandardFileManager(said, Locale.ROOT, StandardCharsets.UTF_8)) {
      boolean compiled =
          compiler
              .getTask(
                  null,
                  files,
                  said,
                  List.of(
                      "-proc:none",
                      "-Xlint:all,-classfile,-path",
                      "-Werror",
                      "-classpath",
                      System.getProperty(
                          "surefire.test.class.path", System.getProperty("java.class.path")),
                      "-d",
                      classes.toString()),
                  null,
                  files.getJavaFileObjects(source))
              .call();
      assertTrue(compiled, () -> "the README's example: " + said.getDiagnostics());
    }
  }
}
