package org.rebasin.model.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class NaturalOrderProperties {
  @Provide
  Arbitrary<String> names() {
    return Arbitraries.strings().withChars("ab.019").ofMaxLength(6);
  }

  @Property(seed = "1")
  void numbersAreComparedByTheirValue(
      @ForAll @IntRange(min = 0) int one, @ForAll @IntRange(min = 0) int other) {
    int order = NaturalOrder.compare("fc" + one + ".weight", "fc" + other + ".weight");
    assertEquals(Integer.signum(Integer.compare(one, other)), Integer.signum(order));
  }

  @Property(seed = "1")
  void exchangedNamesExchangeTheOrder(@ForAll("names") String a, @ForAll("names") String b) {
    assertEquals(
        Integer.signum(NaturalOrder.compare(a, b)), -Integer.signum(NaturalOrder.compare(b, a)));
  }

  @Property(tries = 1000, seed = "1")
  void orderIsTransitive(
      @ForAll("names") String a, @ForAll("names") String b, @ForAll("names") String c) {
    if (NaturalOrder.compare(a, b) <= 0 && NaturalOrder.compare(b, c) <= 0) {
      assertTrue(NaturalOrder.compare(a, c) <= 0, () -> a + " ≤ " + b + " ≤ " + c);
    }
  }

  @Example
  void namesSortAsPeopleCount() {
    List<String> sorted =
        List.of("", "0.weight", "2.weight", "10.weight", "W", "W1", "W12", "layers.2", "layers.10");
    for (int i = 1; i < sorted.size(); i++) {
      assertTrue(NaturalOrder.compare(sorted.get(i - 1), sorted.get(i)) < 0, sorted.get(i));
    }
    // Longer than any integer type.
    assertTrue(NaturalOrder.compare("a99999999999999999998", "a99999999999999999999") < 0);
  }
}
