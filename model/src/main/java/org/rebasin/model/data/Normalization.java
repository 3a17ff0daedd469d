package org.rebasin.model.data;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What is done to brightness before a network sees it: of each channel the mean is subtracted, then
 * the result is divided by the standard deviation. A network must be evaluated with the
 * normalisation it was trained with, so its text belongs into a model's metadata. Immutable.
 *
 * <p>As text it is a name, such as {@code none} or {@code imagenet}, or numbers, one for all
 * channels or one for each: {@code mean=0.5:std=0.25}, {@code mean=0.5,0.4,0.4:std=0.2,0.2,0.3}.
 */
public final class Normalization {
  /** The key under which a model's metadata keep the text. */
  public static final String KEY = "normalization";

  /** Brightness as it is, from 0 to 1; for any number of channels. */
  public static final Normalization NONE = new Normalization(new double[] {0}, new double[] {1});

  private static final Map<String, Normalization> NAMED = new LinkedHashMap<>();

  static {
    NAMED.put("none", NONE);
    name("imagenet", new double[] {0.485, 0.456, 0.406}, new double[] {0.229, 0.224, 0.225});
    // Of all pixels of the data sets' images to train on.
    name("cifar10", new double[] {0.4914, 0.4822, 0.4465}, new double[] {0.2470, 0.2435, 0.2616});
    name("cifar100", new double[] {0.5071, 0.4865, 0.4409}, new double[] {0.2673, 0.2564, 0.2762});
    name("mnist", new double[] {0.1307}, new double[] {0.3081});
    name("fashion-mnist", new double[] {0.2860}, new double[] {0.3530});
  }

  private static final Pattern NUMBERS = Pattern.compile("mean=([^:]*):std=([^:]*)");
  private static final int BYTE_VALUES = 256;

  private final double[] mean;
  private final double[] std;

  /** What each byte becomes, 256 floats for each channel. */
  private final float[] table;

  private Normalization(double[] mean, double[] std) {
    this.mean = mean;
    this.std = std;
    this.table = new float[mean.length * BYTE_VALUES];
    for (int i = 0; i < table.length; i++) {
      int channel = i / BYTE_VALUES;
      double brightness = i % BYTE_VALUES / 255.0;
      table[i] = (float) ((brightness - mean[channel]) / std[channel]);
    }
  }

  private static void name(String name, double[] mean, double[] std) {
    NAMED.put(name, new Normalization(mean, std));
  }

  /**
   * A normalisation by numbers.
   *
   * @param mean of each channel on the scale from 0 to 1, or one for all channels
   * @param std as many standard deviations on the same scale, above 0
   * @throws IllegalArgumentException if there are none or not as many of both, or one is out of
   *     range
   */
  public static Normalization of(double[] mean, double[] std) {
    if (mean.length == 0 || mean.length != std.length) {
      throw new IllegalArgumentException(
          "normalization: expected as many means as standard deviations, at least one, found %d and %d"
              .formatted(mean.length, std.length));
    }
    for (double value : mean) {
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException("normalization: expected a finite mean, found " + value);
      }
    }
    for (double value : std) {
      // So small a deviation would overflow a float.
      if (!(value > 1e-30) || !Double.isFinite(value)) {
        throw new IllegalArgumentException(
            "normalization: expected a positive standard deviation, found " + value);
      }
    }
    return new Normalization(mean.clone(), std.clone());
  }

  /**
   * Understands {@link #text}.
   *
   * @throws IllegalArgumentException listing the known names if it is none of them and no numbers
   */
  public static Normalization parse(String text) {
    if (NAMED.containsKey(text)) {
      return NAMED.get(text);
    }
    Matcher numbers = NUMBERS.matcher(text);
    if (!numbers.matches()) {
      throw new IllegalArgumentException(
          "normalization: expected %s or mean=NUMBER,…:std=NUMBER,…, found '%s'"
              .formatted(String.join(", ", NAMED.keySet()), text));
    }
    return of(numbers(numbers.group(1)), numbers(numbers.group(2)));
  }

  private static double[] numbers(String text) {
    try {
      return Arrays.stream(text.split(",", -1)).mapToDouble(Double::parseDouble).toArray();
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "normalization: expected numbers with commas between them, found '%s'".formatted(text),
          e);
    }
  }

  /** The names that {@link #parse} knows. */
  public static List<String> names() {
    return List.copyOf(NAMED.keySet());
  }

  /** The name if it has one, otherwise the numbers; {@link #parse} takes it back. */
  public String text() {
    Optional<String> name =
        NAMED.entrySet().stream()
            .filter(entry -> entry.getValue().equals(this))
            .map(Map.Entry::getKey)
            .findFirst();
    return name.orElseGet(() -> "mean=%s:std=%s".formatted(join(mean), join(std)));
  }

  private static String join(double[] numbers) {
    return Arrays.stream(numbers).mapToObj(Double::toString).collect(Collectors.joining(","));
  }

  /**
   * Refuses images of another number of channels.
   *
   * @throws IllegalArgumentException if this is given for each channel and there are more or fewer
   */
  public void requireFit(ImageShape shape) {
    if (mean.length != 1 && mean.length != shape.channels()) {
      throw new IllegalArgumentException(
          "normalization %s: expected images of %d channels, found %s"
              .formatted(text(), mean.length, shape));
    }
  }

  /** What each byte becomes. To be read only. */
  float[] table() {
    return table;
  }

  /** Where the 256 floats of a channel begin in the table. */
  int tableStart(int channel) {
    return mean.length == 1 ? 0 : channel * BYTE_VALUES;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Normalization that
        && Arrays.equals(mean, that.mean)
        && Arrays.equals(std, that.std);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(mean) + Arrays.hashCode(std);
  }

  @Override
  public String toString() {
    return text();
  }
}
