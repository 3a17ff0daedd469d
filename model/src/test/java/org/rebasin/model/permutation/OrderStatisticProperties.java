package org.rebasin.model.permutation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class OrderStatisticProperties {
  @Property(tries = 500, seed = "1")
  void selectedValueHasItsRankInTheSortedOrder(
      @ForAll @Size(min = 1, max = 60) List<@IntRange(max = 30) Integer> values,
      @ForAll @IntRange(max = 59) int anyRank) {
    int rank = anyRank % values.size();
    float[] floats = new float[values.size()];
    double[] doubles = new double[values.size()];
    for (int k = 0; k < floats.length; k++) floats[k] = values.get(k);
    for (int k = 0; k < doubles.length; k++) doubles[k] = values.get(k);
    double expected = values.stream().sorted().skip(rank).findFirst().orElseThrow();
    assertEquals(expected, OrderStatistic.select(floats, floats.length, rank));
    assertEquals(expected, OrderStatistic.select(doubles, doubles.length, rank));
  }
}
