package org.rebasin.model.architecture;

import java.util.Locale;

/** How a residual block's input comes to the shape of its output; its text is its lower case. */
public enum Shortcut {
  /** A 3×3 convolution and a normalisation, as in Git Re-Basin's ResNet20. */
  CONV3,
  /** A 1×1 convolution and a normalisation (He et al., 2015, option B). */
  CONV1,
  /** Every second pixel, and channels of zeros (option A). */
  PAD;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
