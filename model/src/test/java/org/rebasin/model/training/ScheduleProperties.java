package org.rebasin.model.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.rebasin.model.training.Schedule.Decay;

class ScheduleProperties {
  @Property(seed = "1")
  void rateRisesToThePeakThenNeverRises(
      @ForAll @IntRange(min = 1, max = 300) int total,
      @ForAll @IntRange(max = 300) int warmup,
      @ForAll Decay decay) {
    int steps = Math.max(total, warmup);
    Schedule schedule = new Schedule(0.3, warmup, steps, decay);
    double last = 0;
    for (int step = 0; step < steps; step++) {
      double rate = schedule.learningRate(step);
      assertTrue(rate > 0 && rate <= 0.3 + 1e-15, "step " + step + ": " + rate);
      assertTrue(step < warmup ? rate > last : step == 0 || rate <= last || step == warmup);
      last = rate;
    }
    if (warmup > 0) {
      assertEquals(0.3, schedule.learningRate(warmup - 1), 1e-15);
      assertEquals(0.3 / warmup, schedule.learningRate(0), 1e-15);
    }
  }

  @Property(seed = "1")
  void cosineIsPointSymmetricAboutHalfThePeak(
      @ForAll @IntRange(min = 1, max = 300) int decaying,
      @ForAll @IntRange(max = 20) int warmup,
      @ForAll @IntRange(max = 300) int step) {
    int at = step % (decaying + 1);
    Schedule schedule = new Schedule(2, warmup, warmup + decaying, Decay.COSINE);
    assertEquals(
        2,
        schedule.learningRate(warmup + at) + schedule.learningRate(warmup + decaying - at),
        1e-12);
  }

  @Example
  void numbersThatMakeNoScheduleAreRefused() {
    for (double peak : new double[] {0, -1, Double.NaN}) {
      assertThrows(IllegalArgumentException.class, () -> new Schedule(peak, 0, 10, Decay.CONSTANT));
    }
    assertThrows(IllegalArgumentException.class, () -> new Schedule(1, -1, 10, Decay.CONSTANT));
    assertThrows(IllegalArgumentException.class, () -> new Schedule(1, 0, 0, Decay.CONSTANT));
    assertEquals(
        "expected a positive rate and a warm-up within the run, found rate 1.0, 11 of 10 steps",
        assertThrows(IllegalArgumentException.class, () -> new Schedule(1, 11, 10, Decay.COSINE))
            .getMessage());
  }
}
