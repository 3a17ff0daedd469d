package org.rebasin.model.data;

import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * One of several parts of a set of examples, which together hold every example exactly once: the
 * data of one participant of many.
 *
 * <p>Without a concentration the parts are random and of equal size (up to one example). With one,
 * each class is shared out in proportions drawn from a symmetric Dirichlet distribution, so that
 * the parts differ in labels and size, the more so the smaller the concentration (Hsu, Qi, Brown,
 * "Measuring the Effects of Non-Identical Data Distribution for Federated Visual Classification",
 * 2019, where each participant draws instead of each class).
 *
 * @param number from 1 to {@code count}
 * @param concentration α of the Dirichlet distribution
 * @param seed of the parts; all parts of a division have the same
 */
record Shard(int number, int count, OptionalDouble concentration, long seed) {
  private static final int MAX_COUNT = 1_000_000;

  Shard {
    if (count < 1 || count > MAX_COUNT || number < 1 || number > count) {
      throw new IllegalArgumentException(
          "shard: expected K/N with K from 1 to N and N from 1 to %d, found %d/%d"
              .formatted(MAX_COUNT, number, count));
    }
    concentration.ifPresent(
        alpha -> {
          if (!(alpha > 0) || Double.isInfinite(alpha)) {
            throw new IllegalArgumentException(
                "dirichlet: expected a concentration above 0, found " + alpha);
          }
        });
  }

  /** The numbers of this part's examples, ascending; maybe none. */
  int[] of(LabelledImages images) {
    long mixed = Seeds.mix(seed, "shards");
    if (concentration.isEmpty()) {
      int[] order = new StableRandom(mixed).permutation(images.size());
      return part(order, (number - 1.0) / count, (double) number / count).sorted().toArray();
    }
    return IntStream.range(0, images.classes())
        .flatMap(label -> ofClass(images, label, mixed, concentration.getAsDouble()))
        .sorted()
        .toArray();
  }

  private IntStream ofClass(LabelledImages images, int label, long mixed, double alpha) {
    StableRandom random = new StableRandom(Seeds.mix(Seeds.mix(mixed, "proportions"), label));
    double[] proportions = SymmetricDirichlet.draw(alpha, count, random);
    double before = 0;
    for (int shard = 1; shard < number; shard++) {
      before += proportions[shard - 1];
    }
    // The same sum that the next part begins with; the last part ends with the class.
    double after = number == count ? 1 : before + proportions[number - 1];
    return part(images.shuffled(label, mixed), before, after);
  }

  private static IntStream part(int[] members, double from, double to) {
    int start = (int) Math.min(members.length, Math.round(from * members.length));
    int end = (int) Math.min(members.length, Math.round(to * members.length));
    return Arrays.stream(members, start, end);
  }
}
