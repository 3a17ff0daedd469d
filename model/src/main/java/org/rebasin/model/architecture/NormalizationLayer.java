package org.rebasin.model.architecture;

import java.util.Locale;
import java.util.Optional;
import org.rebasin.model.network.BatchNorm;
import org.rebasin.model.network.GroupNorm;
import org.rebasin.model.network.LayerNorm;
import org.rebasin.model.network.Operator;

/** What an architecture normalises its convolutions' outputs with; its text is its lower case. */
public enum NormalizationLayer {
  /** {@link BatchNorm}. */
  BATCH,
  /** {@link LayerNorm} over the channels. */
  LAYER,
  /** {@link GroupNorm} with all channels in one group. */
  GROUP1,
  /** Nothing. */
  NONE;

  // PyTorch's default.
  private static final double EPSILON = 1e-5;

  /** The operator, its parameters named after a prefix; empty for none. */
  Optional<Operator> operator(String prefix, int channels) {
    String weight = prefix + ".weight";
    String bias = prefix + ".bias";
    return switch (this) {
      case BATCH -> Optional.of(BatchNorm.of(prefix, channels));
      case LAYER -> Optional.of(new LayerNorm(weight, bias, channels, EPSILON));
      case GROUP1 -> Optional.of(new GroupNorm(weight, bias, channels, 1, EPSILON));
      case NONE -> Optional.empty();
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
