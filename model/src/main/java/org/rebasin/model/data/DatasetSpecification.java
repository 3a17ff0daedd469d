package org.rebasin.model.data;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Names a data set and where it comes from, as users write it: {@code digits}, {@code
 * digits:seed=3,train=8000,test=2000}, {@code mnist:DIR}, {@code fashion-mnist:DIR}, {@code
 * cifar10:DIR}, {@code cifar100:DIR} or {@code imagenet:DIR}.
 *
 * <p>Any of them may be followed by {@code #} and options, which select examples of it:
 *
 * <ul>
 *   <li>{@code train=5000} or {@code train-fraction=0.5}, {@code test=1000}, {@code subset-seed=3}:
 *       a random subset. Of two with one seed the larger contains the smaller.
 *   <li>{@code split=a} or {@code split=b}, {@code low-labels=0.2}, {@code split-seed=3}: of the
 *       examples to train on, a has a random 20 % of each class in the lower half of the labels and
 *       80 % of each class in the upper half; b has the others. Without {@code low-labels} both
 *       have half of each class.
 *   <li>{@code shard=1/8}, {@code dirichlet=0.5}, {@code shard-seed=3}: of the examples to train
 *       on, the first of eight parts, equal and random, or with each class shared out in
 *       proportions drawn from a Dirichlet distribution.
 * </ul>
 *
 * For example {@code mnist:DIR#train-fraction=0.5,subset-seed=7}. Seeds are 0 unless given. The
 * order of the options does not matter: of the examples to train on the split's part is taken
 * first, then the shard, then the subset. A directory whose name contains {@code #} needs a {@code
 * #} behind it, with or without options.
 *
 * <p>Of {@code imagenet} {@code train} and {@code test} say how many images are loaded at all, see
 * {@link ImagenetSpecification}; the other options select from those.
 */
public sealed interface DatasetSpecification
    permits DatasetSpecification.Digits,
        DatasetSpecification.Idx,
        DatasetSpecification.Cifar,
        ImagenetSpecification,
        DatasetSpecification.Selected {
  /** Between a data set and the options that select examples of it. */
  char SELECTION_MARK = '#';

  /**
   * Understands a specification, without looking at any file.
   *
   * @throws IllegalArgumentException if the data set, an option or a value is not known; the
   *     message lists what is
   */
  static DatasetSpecification parse(String text) {
    int mark = text.lastIndexOf(SELECTION_MARK);
    String source = mark < 0 ? text : text.substring(0, mark);
    String options = mark < 0 ? "" : text.substring(mark + 1);
    String context = "data '%s'".formatted(text);
    int colon = source.indexOf(':');
    String name = colon < 0 ? source : source.substring(0, colon);
    String rest = colon < 0 ? "" : source.substring(colon + 1);
    if (name.equals(Digits.NAME)) {
      return Selection.parse(context, options).of(Digits.parse(text, rest));
    }
    List<String> known =
        Stream.of(Idx.NAMES, Cifar.NAMES, List.of(ImagenetSpecification.NAME))
            .flatMap(List::stream)
            .toList();
    if (!known.contains(name)) {
      throw new IllegalArgumentException(
          "data '%s': expected digits, digits:OPTION=VALUE,… (options %s), %s:DIR, found '%s'"
              .formatted(
                  text, String.join(", ", Digits.OPTIONS), String.join(":DIR or ", known), name));
    }
    if (rest.isEmpty()) {
      throw new IllegalArgumentException(
          "data '%s': expected %s:DIR, found no directory".formatted(text, name));
    }
    Path directory = Path.of(rest);
    if (name.equals(ImagenetSpecification.NAME)) {
      return ImagenetSpecification.parse(context, directory, options);
    }
    return Selection.parse(context, options)
        .of(Idx.NAMES.contains(name) ? new Idx(name, directory) : new Cifar(name, directory));
  }

  /** The name of the data set, such as {@code mnist}. */
  String name();

  /** The specification with every default written out; {@link #parse} takes it back. */
  String text();

  /**
   * Checks that what the data set is loaded from exists, without reading it: for refusing a mistake
   * before long work starts.
   *
   * @throws DatasetException naming the directory or the file that is missing
   */
  void check();

  /**
   * The whole data set that this is a selection of; itself if it is whole. Who keeps many
   * selections of one data set in memory loads it once and calls {@link #select}.
   */
  default DatasetSpecification source() {
    return this;
  }

  /**
   * The selected examples as views.
   *
   * @param whole what {@link #source} loads
   * @throws DatasetException if it has fewer examples than are selected
   */
  default Dataset select(Dataset whole) {
    return whole;
  }

  /** How a data set of files is written, so that it is not taken for a selection. */
  private static String text(String name, Path directory) {
    String text = name + ":" + directory;
    return text.indexOf(SELECTION_MARK) < 0 ? text : text + SELECTION_MARK;
  }

  /**
   * Checks, then loads or generates both parts.
   *
   * @throws DatasetException if a file is missing, unreadable or malformed
   */
  Dataset load();

  /**
   * Handwritten-looking digits that are drawn by this library; nothing is downloaded or read.
   *
   * @param seed of the strokes and the noise
   * @param train how many images to train on
   * @param test how many images to test on
   * @see GeneratedDigits
   */
  record Digits(long seed, int train, int test) implements DatasetSpecification {
    static final String NAME = "digits";
    static final List<String> OPTIONS = List.of("seed", "train", "test");
    static final int MAX_IMAGES = 1_000_000;

    /** The digits that {@code digits} without options means. */
    public static final Digits DEFAULT = new Digits(0, 12_000, 2_000);

    /**
     * @throws IllegalArgumentException if a size is not between 1 and a million
     */
    public Digits {
      size("train", train);
      size("test", test);
    }

    private static int size(String option, long size) {
      if (size < 1 || size > MAX_IMAGES) {
        throw new IllegalArgumentException(
            "digits: %s: expected 1 to %d, found %d".formatted(option, MAX_IMAGES, size));
      }
      return (int) size;
    }

    private static Digits parse(String text, String options) {
      // "digits:" alone means no options; a stray comma is a mistake.
      Options values = Options.parse("data '%s'".formatted(text), options, OPTIONS);
      return new Digits(
          values.integer("seed", DEFAULT.seed),
          size("train", values.integer("train", DEFAULT.train)),
          size("test", values.integer("test", DEFAULT.test)));
    }

    @Override
    public String name() {
      return NAME;
    }

    @Override
    public String text() {
      return "digits:seed=%d,train=%d,test=%d".formatted(seed, train, test);
    }

    @Override
    public void check() {
      // Generated: there is nothing that could be missing.
    }

    @Override
    public Dataset load() {
      return new Dataset(
          NAME,
          text(),
          GeneratedDigits.draw(seed, "train", train),
          GeneratedDigits.draw(seed, "test", test));
    }
  }

  /**
   * MNIST, or a data set published in its files and its ten classes.
   *
   * @param name what the data set is called
   * @param directory with the four IDX files, gzip or not
   */
  record Idx(String name, Path directory) implements DatasetSpecification {
    static final List<String> NAMES = List.of("mnist", "fashion-mnist");

    /**
     * @throws IllegalArgumentException if no data set of that name comes in these files
     */
    public Idx {
      if (!NAMES.contains(name)) {
        throw new IllegalArgumentException(
            "IDX files: expected one of %s, found %s".formatted(String.join(", ", NAMES), name));
      }
    }

    @Override
    public String text() {
      return DatasetSpecification.text(name, directory);
    }

    @Override
    public void check() {
      IdxDirectory.open(directory);
    }

    @Override
    public Dataset load() {
      IdxDirectory files = IdxDirectory.open(directory);
      return new Dataset(name, text(), files.train(), files.test());
    }
  }

  /**
   * Some examples of a data set.
   *
   * @param source the whole data set
   * @param options that select, as behind the {@code #}, at least one
   */
  record Selected(DatasetSpecification source, String options) implements DatasetSpecification {
    /**
     * @throws IllegalArgumentException if an option or its value is not known, none is given, or
     *     the source is itself a selection
     */
    public Selected {
      if (source instanceof Selected) {
        throw new IllegalArgumentException(
            "data '%s': expected a whole data set to select from".formatted(source.text()));
      }
      Selection selection = Selection.parse("data '%s'".formatted(options), options);
      if (selection.isEverything()) {
        throw new IllegalArgumentException("data: expected options that select, found none");
      }
      // Written in full, so that equal selections are equal.
      options = selection.text();
    }

    @Override
    public String name() {
      return source.name();
    }

    @Override
    public String text() {
      String text = source.text();
      int mark = text.lastIndexOf(SELECTION_MARK);
      // Behind a source's own options they go on with a comma.
      String between =
          mark < 0 ? String.valueOf(SELECTION_MARK) : mark < text.length() - 1 ? "," : "";
      return text + between + options;
    }

    @Override
    public void check() {
      source.check();
    }

    @Override
    public Dataset load() {
      return select(source.load());
    }

    @Override
    public Dataset select(Dataset whole) {
      Selection selection = Selection.parse(text(), options);
      try {
        return new Dataset(
            whole.name(), text(), selection.ofTrain(whole.train()), selection.ofTest(whole.test()));
      } catch (IllegalArgumentException e) {
        throw new DatasetException("data '%s': %s".formatted(text(), e.getMessage()), e);
      }
    }
  }

  /**
   * CIFAR-10, or CIFAR-100 with its hundred fine classes, in the publishers' binary files.
   *
   * @param name {@code cifar10} or {@code cifar100}
   * @param directory with the files, gzip or not, or with the folder that the archive unpacks to
   */
  record Cifar(String name, Path directory) implements DatasetSpecification {
    static final List<String> NAMES =
        Arrays.stream(CifarFormat.values()).map(CifarFormat::dataset).toList();

    /**
     * @throws IllegalArgumentException if no data set of that name comes in these files
     */
    public Cifar {
      if (!NAMES.contains(name)) {
        throw new IllegalArgumentException(
            "CIFAR files: expected one of %s, found %s".formatted(String.join(", ", NAMES), name));
      }
    }

    @Override
    public String text() {
      return DatasetSpecification.text(name, directory);
    }

    @Override
    public void check() {
      open();
    }

    private CifarDirectory open() {
      return CifarDirectory.open(directory, CifarFormat.values()[NAMES.indexOf(name)]);
    }

    @Override
    public Dataset load() {
      CifarDirectory files = open();
      return new Dataset(name, text(), files.readTrain(), files.readTest());
    }
  }
}
