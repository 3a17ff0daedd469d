package org.rebasin.model.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.rebasin.model.network.Network;
import org.rebasin.model.testing.OperatorSamples;

class GraphArchitectureProperties {
  @Property(tries = 200, seed = "1")
  void theTextOfANetworkDescribesJustThatNetwork(
      @ForAll long seed, @ForAll @IntRange(max = 12) int operators) {
    Network network = OperatorSamples.network(seed, operators);
    String text = GraphArchitecture.of(network).text();
    Network read = Architecture.parse(text).network();
    assertEquals(network.inputShape(), read.inputShape());
    assertEquals(network.nodes(), read.nodes());
    assertEquals(text, read.architecture());
  }
}
