package org.rebasin.model.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * Which examples of a data set are used. Of the examples to train on, the part of a split is taken
 * first, of that a shard, and of that a random subset; of those to test on, a random subset. Equal
 * selections of equal data sets choose equal examples.
 *
 * @param split {@code low-labels=SHARE,split=a|b,split-seed=SEED}
 * @param shard {@code shard=K/N,dirichlet=ALPHA,shard-seed=SEED}
 * @param train {@code train=COUNT}: how many examples to train on
 * @param trainFraction {@code train-fraction=SHARE}: the same as a share
 * @param test {@code test=COUNT}: how many examples to test on
 * @param subsetSeed {@code subset-seed=SEED} of the random subsets
 */
record Selection(
    Optional<LabelSplit> split,
    Optional<Shard> shard,
    OptionalInt train,
    OptionalDouble trainFraction,
    OptionalInt test,
    long subsetSeed) {
  private static final String LOW_LABELS = "low-labels";
  private static final String SPLIT = "split";
  private static final String SPLIT_SEED = "split-seed";
  private static final String SHARD = "shard";
  private static final String DIRICHLET = "dirichlet";
  private static final String SHARD_SEED = "shard-seed";
  private static final String TRAIN = "train";
  static final String TRAIN_FRACTION = "train-fraction";
  private static final String TEST = "test";
  static final String SUBSET_SEED = "subset-seed";
  static final List<String> OPTIONS =
      List.of(
          LOW_LABELS,
          SPLIT,
          SPLIT_SEED,
          SHARD,
          DIRICHLET,
          SHARD_SEED,
          TRAIN,
          TRAIN_FRACTION,
          TEST,
          SUBSET_SEED);

  /** The share of each class that each part of a split has if none is given. */
  private static final double EVEN = 0.5;

  /**
   * Understands options.
   *
   * @param context begins the message of a refusal
   * @throws IllegalArgumentException if an option is not known, has a value that does not fit or
   *     lacks the option it belongs to
   */
  static Selection parse(String context, String text) {
    Options options = Options.parse(context, text, OPTIONS);
    requireWith(options, SPLIT_SEED, SPLIT);
    requireWith(options, LOW_LABELS, SPLIT);
    requireWith(options, DIRICHLET, SHARD);
    requireWith(options, SHARD_SEED, SHARD);
    if (options.has(SUBSET_SEED)
        && !options.has(TRAIN)
        && !options.has(TRAIN_FRACTION)
        && !options.has(TEST)) {
      throw new IllegalArgumentException(
          "%s: %s: expected %s, %s or %s with it, found none"
              .formatted(context, SUBSET_SEED, TRAIN, TRAIN_FRACTION, TEST));
    }
    if (options.has(TRAIN) && options.has(TRAIN_FRACTION)) {
      throw new IllegalArgumentException(
          "%s: expected %s or %s, found both".formatted(context, TRAIN, TRAIN_FRACTION));
    }
    try {
      return new Selection(
          options.has(SPLIT) ? Optional.of(split(options)) : Optional.empty(),
          options.has(SHARD) ? Optional.of(shard(options)) : Optional.empty(),
          options.count(TRAIN),
          fraction(options),
          options.count(TEST),
          options.integer(SUBSET_SEED, 0));
    } catch (IllegalArgumentException e) {
      String message = e.getMessage();
      throw message.startsWith(context)
          ? e
          : new IllegalArgumentException(context + ": " + message, e);
    }
  }

  private static void requireWith(Options options, String option, String needed) {
    if (options.has(option) && !options.has(needed)) {
      throw new IllegalArgumentException(
          "%s: %s: expected %s with it, found none".formatted(options.context(), option, needed));
    }
  }

  private static LabelSplit split(Options options) {
    String part = options.text(SPLIT, "");
    if (!part.equals("a") && !part.equals("b")) {
      throw options.refused(SPLIT, "a or b");
    }
    return new LabelSplit(
        options.real(LOW_LABELS).orElse(EVEN),
        part.equals("a") ? LabelSplit.Part.A : LabelSplit.Part.B,
        options.integer(SPLIT_SEED, 0));
  }

  private static Shard shard(Options options) {
    String[] parts = options.text(SHARD, "").split("/", -1);
    if (parts.length != 2) {
      throw options.refused(SHARD, "K/N");
    }
    try {
      return new Shard(
          Integer.parseInt(parts[0]),
          Integer.parseInt(parts[1]),
          options.real(DIRICHLET),
          options.integer(SHARD_SEED, 0));
    } catch (NumberFormatException e) {
      throw options.refused(SHARD, "K/N", e);
    }
  }

  private static OptionalDouble fraction(Options options) {
    OptionalDouble fraction = options.real(TRAIN_FRACTION);
    if (fraction.isPresent() && !(fraction.getAsDouble() > 0 && fraction.getAsDouble() <= 1)) {
      throw options.refused(TRAIN_FRACTION, "a share above 0 and at most 1");
    }
    return fraction;
  }

  /** The options with every default written out; {@link #parse} takes it back. */
  String text() {
    List<String> options = new ArrayList<>();
    split.ifPresent(
        part -> {
          options.add(LOW_LABELS + "=" + part.lowLabels());
          options.add(SPLIT + "=" + (part.part() == LabelSplit.Part.A ? "a" : "b"));
          options.add(SPLIT_SEED + "=" + part.seed());
        });
    shard.ifPresent(
        part -> {
          options.add("%s=%d/%d".formatted(SHARD, part.number(), part.count()));
          part.concentration().ifPresent(alpha -> options.add(DIRICHLET + "=" + alpha));
          options.add(SHARD_SEED + "=" + part.seed());
        });
    train.ifPresent(count -> options.add(TRAIN + "=" + count));
    trainFraction.ifPresent(share -> options.add(TRAIN_FRACTION + "=" + share));
    test.ifPresent(count -> options.add(TEST + "=" + count));
    if (train.isPresent() || trainFraction.isPresent() || test.isPresent()) {
      options.add(SUBSET_SEED + "=" + subsetSeed);
    }
    return String.join(",", options);
  }

  /** What this selects of a data set, which is all of it if nothing is selected. */
  DatasetSpecification of(DatasetSpecification source) {
    return isEverything() ? source : new DatasetSpecification.Selected(source, text());
  }

  /** Whether every example is used. */
  boolean isEverything() {
    return text().isEmpty();
  }

  /**
   * The examples to train on, as a view.
   *
   * @throws IllegalArgumentException if there are fewer than asked for, or none is left
   */
  LabelledImages ofTrain(LabelledImages images) {
    LabelledImages chosen = images;
    if (split.isPresent()) {
      chosen = chosen.subset(requireSome(SPLIT, split.get().of(chosen)));
    }
    if (shard.isPresent()) {
      chosen = chosen.subset(requireSome(SHARD, shard.get().of(chosen)));
    }
    if (train.isPresent()) {
      chosen = subset(TRAIN, chosen, train.getAsInt(), subsetSeed);
    }
    if (trainFraction.isPresent()) {
      double share = trainFraction.getAsDouble();
      chosen = chosen.subset(RandomSubset.ofFraction(chosen.size(), share, subsetSeed));
    }
    return chosen;
  }

  /**
   * The examples to test on, as a view.
   *
   * @throws IllegalArgumentException if there are fewer than asked for
   */
  LabelledImages ofTest(LabelledImages images) {
    return test.isPresent()
        ? subset(TEST, images, test.getAsInt(), Seeds.mix(subsetSeed, TEST))
        : images;
  }

  private static LabelledImages subset(String option, LabelledImages images, int count, long seed) {
    if (count > images.size()) {
      throw new IllegalArgumentException(
          "%s: expected at most the %d examples there are, found %d"
              .formatted(option, images.size(), count));
    }
    return images.subset(RandomSubset.ofCount(images.size(), count, seed));
  }

  private static int[] requireSome(String option, int[] chosen) {
    if (chosen.length == 0) {
      throw new IllegalArgumentException(
          option + ": expected at least one example in this part, found none");
    }
    return chosen;
  }
}
