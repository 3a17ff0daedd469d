package org.rebasin.model.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class ChannelMomentsProperties {
  @Property(tries = 60, seed = "1")
  void meansAndVariancesAreThoseOfTheDefinitionInDouble(
      @ForAll @IntRange(min = 0, max = 1000) int seed,
      @ForAll @IntRange(min = 2, max = 400) int samples,
      @ForAll @IntRange(min = 1, max = 60) int channels,
      @ForAll @IntRange(min = 1, max = 150) int batch,
      @ForAll @IntRange(min = 0, max = 1000) int offset) {
    Random random = new Random(seed);
    float[][] data = new float[samples][channels];
    ChannelMoments whole = new ChannelMoments(channels);
    ChannelMoments parts = new ChannelMoments(channels);
    for (int from = 0; from < samples; from += batch) {
      int count = Math.min(batch, samples - from);
      try (Tensor tensor = Tensor.allocate(count, channels)) {
        for (int s = 0; s < count; s++) {
          for (int c = 0; c < channels; c++) {
            data[from + s][c] = (float) (offset + (c + 1) * random.nextGaussian());
          }
          tensor.values().put(s * channels, data[from + s]);
        }
        whole.add(tensor.values(), count);
        ChannelMoments part = new ChannelMoments(channels);
        part.add(tensor.values(), count);
        parts.combine(part);
      }
    }
    for (int c = 0; c < channels; c++) {
      double mean = 0;
      for (float[] row : data) {
        mean += (double) row[c] / samples;
      }
      double squares = 0;
      for (float[] row : data) {
        squares += (row[c] - mean) * (row[c] - mean);
      }
      for (ChannelMoments moments : new ChannelMoments[] {whole, parts}) {
        assertEquals(samples, moments.count());
        assertEquals(mean, moments.mean(c), 1e-6 * (c + 1) + 1e-9 * offset);
        assertEquals(squares / samples, moments.variance(c), 1e-5 * squares / samples);
        assertEquals(
            squares / (samples - 1), moments.unbiasedVariance(c), 1e-5 * squares / samples);
        assertEquals(Math.sqrt(moments.variance(c)), moments.deviation(c));
      }
    }
  }

  @Example
  void wideMatricesAreAddedRowByRow() {
    int channels = 5000;
    try (Tensor tensor = Tensor.allocate(30, channels)) {
      for (int i = 0; i < tensor.size(); i++) {
        tensor.values().put(i, i % channels + i / channels);
      }
      ChannelMoments moments = new ChannelMoments(channels);
      moments.add(tensor.values(), 30);
      for (int c = 0; c < channels; c++) {
        assertEquals(c + 14.5, moments.mean(c), 1e-9);
        assertEquals(74.916667, moments.variance(c), 1e-4);
      }
    }
  }

  @Example
  void withoutSamplesThereIsNothing() {
    ChannelMoments moments = new ChannelMoments(3);
    moments.combine(new ChannelMoments(3));
    assertEquals(0, moments.count());
    assertEquals(0, moments.variance(1));
    assertEquals(0, moments.unbiasedVariance(1));
  }
}
