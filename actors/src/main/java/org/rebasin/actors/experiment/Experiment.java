package org.rebasin.actors.experiment;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Preparation;
import org.rebasin.actors.work.Task;
import org.rebasin.model.data.DatasetSpecification;
import org.rebasin.model.data.Normalization;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingSettings;

/**
 * One experiment at one scale, as its file in {@code config/experiments} describes it. What the
 * file says outside its {@code scales} holds for both.
 */
public final class Experiment {
  private static final String SUFFIX = ".conf";

  /** How much time an experiment may take. */
  public enum Scale {
    /** Minutes to hours on two cores. */
    LAPTOP,
    /** What the paper did. */
    PAPER;

    /** The name in files and on the command line. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
      return text();
    }
  }

  private final String name;
  private final Scale scale;
  private final Config settings;
  private final Optional<String> data;
  private final List<Path> models;

  private Experiment(
      String name, Scale scale, Config settings, Optional<String> data, List<Path> models) {
    this.name = name;
    this.scale = scale;
    this.settings = settings;
    this.data = data;
    this.models = List.copyOf(models);
  }

  /** The names of the experiments that a directory describes, sorted. */
  public static List<String> names(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(SUFFIX))
          .map(file -> file.substring(0, file.length() - SUFFIX.length()))
          .sorted()
          .toList();
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot list the experiments in " + directory, problem);
    }
  }

  /**
   * Reads an experiment's file.
   *
   * @param data the data set's text, where the experiment uses one
   * @param models the user's own models, where the experiment uses them
   * @throws IllegalArgumentException if there is none of that name, or its file is malformed
   */
  public static Experiment load(
      Path directory, String name, Scale scale, Optional<String> data, List<Path> models) {
    // Only a name that was listed becomes a path.
    if (!names(directory).contains(name)) {
      throw new IllegalArgumentException(
          "experiment: expected one of %s, found '%s'"
              .formatted(String.join(", ", names(directory)), name));
    }
    Path file = directory.resolve(name + SUFFIX);
    try {
      Config whole = ConfigFactory.parseFile(file.toFile()).resolve();
      Config settings = whole.getConfig("scales." + scale.text()).withFallback(whole);
      ExperimentKind.of(settings.getString("kind"));
      Experiment experiment = new Experiment(name, scale, settings, data, models);
      if (settings.hasPath("data") && data.isEmpty()) {
        throw new IllegalArgumentException(
            "experiment %s: expected --data %s:DIR".formatted(name, settings.getString("data")));
      }
      return experiment;
    } catch (ConfigException problem) {
      throw new IllegalArgumentException("%s: %s".formatted(file, problem.getMessage()), problem);
    }
  }

  /**
   * An experiment as a list shows it.
   *
   * @param needs what the user gives, beside time
   */
  public record Listing(String name, String title, String needs) {}

  /** What a list shows of an experiment. */
  public static Listing listing(Path directory, String name) {
    Config whole = ConfigFactory.parseFile(directory.resolve(name + SUFFIX).toFile()).resolve();
    Config settings = whole.getConfig("scales." + Scale.LAPTOP.text()).withFallback(whole);
    boolean checkpoints =
        ExperimentKind.of(settings.getString("kind")) == ExperimentKind.CHECKPOINTS;
    return new Listing(
        name,
        settings.getString("title"),
        checkpoints
            ? "--model FILE --model FILE"
            : settings.hasPath("data") ? "--data " + settings.getString("data") + ":DIR" : "");
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /** Its scale. */
  public Scale scale() {
    return scale;
  }

  /** What it is about, in a line. */
  public String title() {
    return settings.getString("title");
  }

  ExperimentKind kind() {
    return ExperimentKind.of(settings.getString("kind"));
  }

  Config settings() {
    return settings;
  }

  List<Path> models() {
    return models;
  }

  Optional<String> givenData() {
    return data;
  }

  /** The data set's text, with the selection that the scale makes of it. */
  String data() {
    return select(data.orElseThrow(), "data-select");
  }

  /** The same with a further selection of the experiment's own, if it has one. */
  String data(String path) {
    return select(data(), path);
  }

  private String select(String text, String path) {
    if (!settings.hasPath(path)) {
      return text;
    }
    return selected(text, settings.getString(path));
  }

  private static String selected(String text, String selection) {
    if (selection.isBlank()) {
      return text;
    }
    boolean more = text.indexOf(DatasetSpecification.SELECTION_MARK) >= 0;
    return text + (more ? ',' : DatasetSpecification.SELECTION_MARK) + selection;
  }

  /** What was published, as rows of what and how much. */
  List<List<String>> published() {
    return settings.getConfigList("published").stream()
        .map(entry -> List.of(entry.getString("what"), entry.getString("figure")))
        .toList();
  }

  /** A training of the experiment's settings. */
  Task.Train training(String label, String architecture, String trainingData, long seed) {
    Config training = settings.getConfig("training");
    TrainingSettings chosen =
        new TrainingSettings(
            training.getInt("epochs"),
            training.getInt("batch-size"),
            Optimizer.Kind.valueOf(training.getString("optimizer").toUpperCase(Locale.ROOT)),
            training.getDouble("learning-rate"),
            number(training, "weight-decay"),
            number(training, "warmup-epochs"),
            training.hasPath("decay")
                ? Schedule.Decay.valueOf(training.getString("decay").toUpperCase(Locale.ROOT))
                : Schedule.Decay.CONSTANT,
            seed);
    Preparation preparation =
        new Preparation(
            text("normalization", Preparation.NONE.normalization()),
            text("augmentation", Preparation.NONE.augmentation()));
    return new Task.Train(
        label, architecture, trainingData, Optional.empty(), chosen, preparation, false);
  }

  /** The text of a data set with a selection of its own, beside the scale's. */
  String data(List<String> selections) {
    String text = data();
    for (String selection : selections) {
      text = selected(text, selection);
    }
    return text;
  }

  /** What the user's own models are said to have been trained with, if it is said. */
  Optional<Normalization> normalization() {
    return settings.hasPath("normalization")
        ? Optional.of(Normalization.parse(settings.getString("normalization")))
        : Optional.empty();
  }

  private String text(String path, String otherwise) {
    return settings.hasPath(path) ? settings.getString(path) : otherwise;
  }

  private static double number(Config config, String path) {
    return config.hasPath(path) ? config.getDouble(path) : 0;
  }

  /** The methods that models are aligned by. */
  List<Matching> matchings() {
    return settings.getStringList("methods").stream()
        .<Matching>map(
            method ->
                switch (method) {
                  case "weight" -> new Matching.Weight(0);
                  case "activation" -> new Matching.Activation(false, data());
                  case "activation-pearson" -> new Matching.Activation(true, data());
                  case "straight-through" -> {
                    Config options = settings.getConfig("straight-through");
                    yield new Matching.StraightThrough(
                        data(),
                        options.getInt("epochs"),
                        options.getInt("batch-size"),
                        options.getDouble("learning-rate"));
                  }
                  default ->
                      throw new IllegalArgumentException(
                          "experiment %s: unknown method %s".formatted(name, method));
                })
        .toList();
  }

  /** How merged models are corrected, if they are. */
  Optional<Correction> correction() {
    return correction(settings);
  }

  /** How those of a variant are, which may say so by itself. */
  Optional<Correction> correction(Config variant) {
    Config all = variant.withFallback(settings);
    if (!all.hasPath("correction")) {
      return Optional.empty();
    }
    Config correction = all.getConfig("correction");
    return Optional.of(
        new Correction(
            Correction.Kind.valueOf(correction.getString("kind").toUpperCase(Locale.ROOT)),
            data(),
            correction.getInt("examples")));
  }
}
