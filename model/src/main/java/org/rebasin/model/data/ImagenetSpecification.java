package org.rebasin.model.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Photographs of ImageNet's classes, or of others in the same layout. They do not fit into memory,
 * so that how many are used is decided before any is read: so many, spread evenly over all images
 * in the order of their classes and names, which gives each class its share. They become 3 × 224 ×
 * 224 bytes each, as {@link ScaledCrop} describes; normalising them is left to the model that reads
 * them.
 *
 * <p>As text it is {@code imagenet:DIR#train=COUNT,train-from=val,test=COUNT}, each option if it is
 * given. Options that every data set takes may follow and select from what these name.
 *
 * @param directory with the folders {@code val} and {@code train}, see {@link ImagenetDirectory}
 * @param train how many images to train on; if none is given, {@link #DEFAULT_COUNT} or as many as
 *     there are
 * @param trainFromVal whether images of {@code val} that are not tested on stand in for those to
 *     train on, for who has only {@code val} and wants to recalibrate
 * @param test how many images of {@code val} to test on; if none is given, {@link #DEFAULT_COUNT}
 *     or as many as there are
 */
public record ImagenetSpecification(
    Path directory, OptionalInt train, boolean trainFromVal, OptionalInt test)
    implements DatasetSpecification {
  /** How many images of each part are used if there are as many: 300 MB of bytes. */
  public static final int DEFAULT_COUNT = 2000;

  static final String NAME = "imagenet";
  private static final String TRAIN = "train";
  private static final String TRAIN_FROM = "train-from";
  private static final String TEST = "test";

  /** The options that are this data set's own; the others select from what it loads. */
  static final List<String> OPTIONS = List.of(TRAIN, TRAIN_FROM, TEST);

  /** The share of the JVM's memory that images may take. */
  private static final double MEMORY_SHARE = 0.75;

  /**
   * @throws IllegalArgumentException if a count is not between 1 and what an array holds
   */
  public ImagenetSpecification {
    requireCount(TRAIN, train);
    requireCount(TEST, test);
  }

  private static void requireCount(String option, OptionalInt count) {
    if (count.isPresent()
        && (count.getAsInt() < 1 || count.getAsInt() > ImagenetDirectory.MAX_IMAGES)) {
      throw new IllegalArgumentException(
          "imagenet: %s: expected 1 to %d, as many images as fit into one array, found %d"
              .formatted(option, ImagenetDirectory.MAX_IMAGES, count.getAsInt()));
    }
  }

  /** Takes its own options and leaves the others to a selection. */
  static DatasetSpecification parse(String context, Path directory, String text) {
    List<String> known = Stream.concat(OPTIONS.stream(), Selection.OPTIONS.stream()).toList();
    Options options = Options.parse(context, text, known.stream().distinct().toList());
    if (options.has(TRAIN_FROM) && !options.text(TRAIN_FROM, "").equals(ImagenetDirectory.VAL)) {
      throw options.refused(TRAIN_FROM, ImagenetDirectory.VAL);
    }
    if (options.has(Selection.SUBSET_SEED) && !options.has(Selection.TRAIN_FRACTION)) {
      throw new IllegalArgumentException(
          "%s: %s: expected %s with it, for %s and %s are spread evenly, not drawn"
              .formatted(context, Selection.SUBSET_SEED, Selection.TRAIN_FRACTION, TRAIN, TEST));
    }
    ImagenetSpecification images =
        new ImagenetSpecification(
            directory, options.count(TRAIN), options.has(TRAIN_FROM), options.count(TEST));
    String others =
        options.values().entrySet().stream()
            .filter(option -> !OPTIONS.contains(option.getKey()))
            .map(option -> option.getKey() + "=" + option.getValue())
            .collect(Collectors.joining(","));
    return Selection.parse(context, others).of(images);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String text() {
    List<String> options = new ArrayList<>();
    train.ifPresent(count -> options.add(TRAIN + "=" + count));
    if (trainFromVal) {
      options.add(TRAIN_FROM + "=" + ImagenetDirectory.VAL);
    }
    test.ifPresent(count -> options.add(TEST + "=" + count));
    String text = NAME + ":" + directory;
    return options.isEmpty() && text.indexOf(SELECTION_MARK) < 0
        ? text
        : text + SELECTION_MARK + String.join(",", options);
  }

  @Override
  public void check() {
    ImagenetDirectory val = ImagenetDirectory.open(directory, ImagenetDirectory.VAL);
    if (!trainFromVal) {
      openTrain().requireSameClasses(val);
    }
  }

  private ImagenetDirectory openTrain() {
    try {
      return ImagenetDirectory.open(directory, ImagenetDirectory.TRAIN);
    } catch (DatasetException e) {
      throw new DatasetException(
          "%s; or %s=%s behind a %c, to train on images of %s that are not tested on"
              .formatted(
                  e.getMessage(),
                  TRAIN_FROM,
                  ImagenetDirectory.VAL,
                  SELECTION_MARK,
                  ImagenetDirectory.VAL),
          e);
    }
  }

  @Override
  public Dataset load() {
    return load(Runtime.getRuntime().maxMemory());
  }

  /** Loads what fits into a JVM of so many bytes. */
  Dataset load(long memory) {
    check();
    ImagenetDirectory val = ImagenetDirectory.open(directory, ImagenetDirectory.VAL);
    List<ImagenetDirectory.Entry> tests = val.entries();
    int testCount =
        trainFromVal
            ? count(val, TEST, test, tests.size() - 1, tests.size() / 2)
            : count(val, TEST, test, tests.size(), tests.size());
    int[] testRows = spread(tests.size(), testCount);
    ImagenetDirectory other = trainFromVal ? val : openTrain();
    List<ImagenetDirectory.Entry> trains =
        trainFromVal ? without(tests, testRows) : other.entries();
    int trainCount = count(other, TRAIN, train, trains.size(), trains.size());
    requireMemory((long) trainCount + testCount, memory);
    return new Dataset(
        NAME,
        new ImagenetSpecification(
                directory, OptionalInt.of(trainCount), trainFromVal, OptionalInt.of(testCount))
            .text(),
        other.read(chosen(trains, spread(trains.size(), trainCount))),
        val.read(chosen(tests, testRows)));
  }

  /** How many images of a part are used: as many as given, or at most so many that are offered. */
  private static int count(
      ImagenetDirectory part, String option, OptionalInt given, int available, int offered) {
    if (given.orElse(1) > available) {
      throw new DatasetException(
          "%s: %s: expected at most the %d images there are for it, found %d"
              .formatted(part.part(), option, available, given.orElse(1)));
    }
    return given.orElse(Math.min(offered, DEFAULT_COUNT));
  }

  private static void requireMemory(long images, long memory) {
    long bytes = images * ImagenetDirectory.SHAPE.elements();
    if (bytes > MEMORY_SHARE * memory) {
      throw new DatasetException(
          "imagenet: expected at most %d images, for which this JVM's %d MB are enough, found %d;"
                  .formatted(
                      (long) (MEMORY_SHARE * memory) / ImagenetDirectory.SHAPE.elements(),
                      memory >> 20,
                      images)
              + " ask for fewer with train=COUNT,test=COUNT, or start Java with a larger -Xmx");
    }
  }

  /** So many of the numbers below {@code size}, evenly spread. */
  private static int[] spread(int size, int count) {
    return IntStream.range(0, count).map(i -> (int) ((long) i * size / count)).toArray();
  }

  private static <T> List<T> chosen(List<T> all, int[] rows) {
    return IntStream.of(rows).mapToObj(all::get).toList();
  }

  private static <T> List<T> without(List<T> all, int[] rows) {
    BitSet left = new BitSet();
    left.set(0, all.size());
    IntStream.of(rows).forEach(left::clear);
    return left.stream().mapToObj(all::get).toList();
  }
}
