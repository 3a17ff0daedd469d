package org.rebasin.model.network;

/** Computes an {@link AveragePool} of one example. */
final class AveragePoolWalk implements WindowKernel.Walk {
  private final WindowRange range;
  private final int channels;

  /** By output pixel, the part that each pixel of its window has in the mean. */
  private final float[] parts;

  AveragePoolWalk(WindowRange range, int channels, boolean countPadding) {
    this.range = range;
    this.channels = channels;
    int[] counts = range.counts();
    this.parts = new float[counts.length];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = 1f / (countPadding ? range.window().area() : counts[i]);
    }
  }

  @Override
  public void forward(float[] x, float[] y) {
    range.forEach((to, from, tap) -> add(x, from * channels, y, to * channels));
    scale(y);
  }

  @Override
  public void backward(float[] x, float[] y, float[] dx, float[] dy) {
    scale(dy);
    range.forEach((to, from, tap) -> add(dy, to * channels, dx, from * channels));
  }

  private void add(float[] source, int from, float[] target, int to) {
    for (int c = 0; c < channels; c++) {
      target[to + c] += source[from + c];
    }
  }

  private void scale(float[] output) {
    for (int i = 0; i < output.length; i++) {
      output[i] *= parts[i / channels];
    }
  }
}
