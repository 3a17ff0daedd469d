package org.rebasin.model.alignment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.rebasin.model.permutation.Permutations;

/** Two networks that no permutation connects (Git Re-Basin, section 4). */
class CounterexampleTest {
  @Test
  void allPermutationsLeaveAThreeQuartersMidpoint() {
    try (Counterexample counterexample = new Counterexample()) {
      assertEquals(4, counterexample.permutations().stream().distinct().count());
      for (Permutations permutations : counterexample.permutations()) {
        List<Double> accuracies = counterexample.accuracies(permutations, List.of(0.0, 0.5, 1.0));
        // The leak of the ReLU errs on a wedge of 1/800 of the square beside one axis.
        assertEquals(1 - 1.0 / 800, accuracies.get(0), 3e-4);
        assertEquals(0.75, accuracies.get(1), 0.005);
        assertEquals(1 - 1.0 / 800, accuracies.get(2), 3e-4);
      }
    }
  }
}
