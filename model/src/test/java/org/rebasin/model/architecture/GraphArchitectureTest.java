package org.rebasin.model.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.model.network.Addition;
import org.rebasin.model.network.BatchNorm;
import org.rebasin.model.network.Concatenation;
import org.rebasin.model.network.Convolution;
import org.rebasin.model.network.Dense;
import org.rebasin.model.network.Flatten;
import org.rebasin.model.network.LeakyRelu;
import org.rebasin.model.network.MaxPool;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Silu;
import org.rebasin.model.network.Tanh;
import org.rebasin.model.network.Window;
import org.rebasin.model.testing.OperatorSamples;

class GraphArchitectureTest {
  private static Network parse(String text) {
    return GraphArchitecture.parse(text, "net.txt").network();
  }

  @Test
  void sizesFollowFromTheInputAndNamesFromTheOperator() {
    Network network =
        parse(
            """
            # Two ways, joined.
            input image 3x8x6
            a = convolution(image, out=4, kernel=3x1,
                            padding=1x0, bias=none)  # over two lines
            b = batch-norm(a, running-mean="the mean")

            c = leaky-relu(b)
            d = addition(a, c)
            e = concatenation(d, b)
            f = max-pool(e, kernel=2)
            g = flatten(f)
            h = dense(g, out=10, weight=head.w, bias=head.b)
            output h
            """);
    assertEquals(
        List.of(
            new Convolution("a.weight", Optional.empty(), 3, 4, new Window(3, 1, 1, 1, 1, 0), 1),
            new BatchNorm("b.weight", "b.bias", "the mean", "b.running_var", 4, 1e-5, 0.1),
            new LeakyRelu(0.01f),
            new Addition(),
            new Concatenation(2),
            new MaxPool(Window.square(2, 2, 0)),
            new Flatten(List.of(8, 4, 3)),
            new Dense("head.w", Optional.of("head.b"), 96, 10)),
        network.nodes().stream().map(Network.Node::operator).toList());
    assertEquals(List.of(1, 3), network.nodes().get(3).inputs());
    assertEquals(List.of(3, 8, 6), network.inputShape());
  }

  @Test
  void descriptionsThatDifferInNotationOnlyHaveOneText() {
    String text = GraphArchitecture.parse("input a 4\nb=dense(a,out=2)\noutput b", "x").text();
    assertEquals("graph:\ninput x 4\nb = dense(x, out=2)\noutput b\n", text);
    assertEquals(
        GraphArchitecture.parse(
            "input in 4 # four\n\n\"b\" = dense ( in , out=2, bias=b.bias )\noutput b\n", "y"),
        Architecture.parse(text));
  }

  @Test
  void samplesHaveEveryOperator() {
    Set<Class<?>> found = new HashSet<>();
    for (int seed = 0; seed < 300; seed++) {
      OperatorSamples.network(seed, 12)
          .nodes()
          .forEach(node -> found.add(node.operator().getClass()));
    }
    OperatorForm.ALL.forEach(
        form -> assertTrue(found.remove(form.type()), form.kinds().toString()));
    assertEquals(Set.of(), found);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dense(x, out=2                   | 4:1: expected a comma or a closing parenthesis, found 'output'",
        "dense(x out=2)                   | 3:13: expected a comma or a closing parenthesis, found 'out'",
        "dens(x, out=2)                   | 3:5: expected an operator, one of addition, average-pool,",
        "dense(y, out=2)                  | 3:11: expected the name of a value from a line above, found 'y'",
        "dense(x)                         | 3:5: dense: expected out=UNITS, found no such option",
        "dense(x, out=two)                | 3:18: expected out to be a whole number, found 'two'",
        "dense(x, out=2, out=3)           | 3:21: the option 'out' is given twice",
        "dense(x, out=2, kernel=3)        | 3:21: dense has no option 'kernel'",
        "dense(x, out=2, x)               | 3:21: expected an option such as kernel=3, found 'x' alone",
        "dense(x, out=2) relu             | 3:21: expected the end of the line, found 'relu'",
        "dense(x, out=0)                  | 3:18: expected out to be at least 1, found '0'",
        "dense()                          | 3:5: dense: expected the name of a value it reads, found none",
        "convolution(x, out=2, kernel=3)  | 3:5: b.weight: expected one input of shape [4, height, width], found [[4]]",
        "convolution(x, out=2)            | 3:5: convolution: expected kernel=SIZE or HEIGHTxWIDTH, found no such option",
        "convolution(x, out=2, kernel=3x) | 3:34: expected kernel to be a number or HEIGHTxWIDTH, found '3x'",
        "dropout(x, rate=1)               | 3:21: expected rate to be a number from 0 to below 1, found '1'",
        "dropout(x, rate=NaN)             | 3:21: expected rate to be a number from 0 to below 1, found 'NaN'",
        "gelu(x, approximation=erf)       | 3:27: expected approximation to be one of none, tanh, found 'erf'",
        "addition(x, x, x)                | 3:5: addition: expected two inputs of one shape, found [[4], [4], [4]]",
        "relu(x, slope=0.1)               | 3:13: relu has no option 'slope'",
        "dense(x, out=2, weight=[w])      | 3:28: expected a name, a number or one of = ( ) , #; quote other names, found '['",
        "dense(x, out=2, weight=\"w)      | 3:28: expected a closing quote on the same line, found none",
      })
  void whatCannotBeReadIsRefusedWithItsPlace(String line, String message) {
    String found =
        assertThrows(
                IllegalArgumentException.class,
                () -> parse("input x 4\n\nb = " + line + "\noutput b\n"))
            .getMessage();
    assertTrue(found.startsWith("net.txt:" + message), found);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "|1:1: expected the line: input NAME UNITS or CHANNELSxHEIGHTxWIDTH, found the end of the text",
        "input x|1:8: expected the input's shape, UNITS or CHANNELSxHEIGHTxWIDTH, found the end of the line",
        "input x 3x3|1:9: expected the input's shape, UNITS or CHANNELSxHEIGHTxWIDTH, found '3x3'",
        "input x 4\na = relu(x)\n|3:1: expected NAME = OPERATOR(…) or output NAME, found the end of the text",
        "input x 4\noutput x|2:8: expected the output to be the last operator, found 'x'",
        "input x 4\na = relu(x)\noutput b|3:8: expected the name of a value from a line above, found 'b'",
        "input x 4\na = relu(x)\na = relu(a)|3:1: expected a new name, found 'a', which line 2 has",
        "input x 4\na = relu(x)\nb = relu(x)\noutput b|2:1: nothing reads the value 'a'",
        "input x 4\na = relu(x)\nb = relu(a)\noutput a|4:8: expected the output to be the last operator, found 'a'",
        "input x 4\na = relu(x)\noutput a\nb = relu(a)|4:1: expected nothing after the output, found 'b'",
        "input x 99999x99999x99999\na = flatten(x)\noutput a|2:5: integer overflow",
      })
  void incompleteTextsAreRefused(String textAndMessage) {
    String[] parts = textAndMessage.split("\\|");
    assertEquals(
        "net.txt:" + parts[1],
        assertThrows(IllegalArgumentException.class, () -> parse(parts[0])).getMessage());
  }

  @Test
  void aValueThatNothingReadsHasNoText() {
    Network.Builder builder = Network.builder("odd", List.of(3));
    builder.add("unread", new Silu(), List.of(0));
    builder.add("read", new Tanh(), List.of(0));
    assertEquals(
        "odd:2:1: nothing reads the value 'unread'",
        assertThrows(IllegalArgumentException.class, () -> GraphArchitecture.of(builder.build()))
            .getMessage());
  }

  @Test
  void aCheckpointIsReadByAGraph() {
    String text = "graph:\ninput x 4\nb = prelu(x)\nc = dense(b, out=2, bias=none)\noutput c\n";
    Map<String, int[]> shapes = new LinkedHashMap<>();
    shapes.put("b.weight", new int[] {1});
    assertEquals(
        "c.weight: expected shape [2, 4], found no tensor of that name in file",
        assertThrows(
                IllegalArgumentException.class,
                () -> CheckpointArchitecture.networkOf(shapes, Optional.of(text), "file"))
            .getMessage());
    shapes.put("c.weight", new int[] {2, 4});
    assertEquals(
        Architecture.parse(text).network(),
        CheckpointArchitecture.networkOf(shapes, Optional.of(text), "file"));
  }
}
