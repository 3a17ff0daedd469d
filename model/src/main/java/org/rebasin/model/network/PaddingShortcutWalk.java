package org.rebasin.model.network;

/**
 * Computes a {@link PaddingShortcut} of one example.
 *
 * @param range windows of the one pixel that is kept
 * @param inputChannels channels that are copied
 * @param outputChannels channels with those of zeros
 * @param before channels of zeros before the others
 */
record PaddingShortcutWalk(WindowRange range, int inputChannels, int outputChannels, int before)
    implements WindowKernel.Walk {
  @Override
  public void forward(float[] x, float[] y) {
    range.forEach(
        (to, from, tap) ->
            System.arraycopy(
                x, from * inputChannels, y, to * outputChannels + before, inputChannels));
  }

  @Override
  public void backward(float[] x, float[] y, float[] dx, float[] dy) {
    range.forEach(
        (to, from, tap) ->
            System.arraycopy(
                dy, to * outputChannels + before, dx, from * inputChannels, inputChannels));
  }
}
