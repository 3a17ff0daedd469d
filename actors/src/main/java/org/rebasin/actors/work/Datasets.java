package org.rebasin.actors.work;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import org.rebasin.model.data.Dataset;
import org.rebasin.model.data.DatasetException;
import org.rebasin.model.data.DatasetSpecification;

/**
 * The data sets of this node by their text in tasks. Each source is loaded once and kept;
 * selections of it are views. Thread-safe.
 */
public final class Datasets {
  private final Function<String, DatasetSpecification> specification;
  private final BinaryOperator<String> conceal;
  private final Map<String, Dataset> sources = new ConcurrentHashMap<>();
  private final Map<String, Dataset> selections = new ConcurrentHashMap<>();

  /** Those that texts write out, as on the command line. */
  public Datasets() {
    this(DatasetSpecification::parse, (text, message) -> message);
  }

  /** Those that a node has by name, too. */
  public Datasets(DataNames names) {
    this(names::specification, names::conceal);
  }

  private Datasets(
      Function<String, DatasetSpecification> specification, BinaryOperator<String> conceal) {
    this.specification = specification;
    this.conceal = conceal;
  }

  /**
   * A data set; loads it the first time.
   *
   * @throws IllegalArgumentException if the text names none
   * @throws IllegalStateException if it names one that this node does not have
   * @throws DatasetException if its files are missing or malformed; says the data set's name where
   *     the text does, and not where the files are
   */
  public Dataset get(String text) {
    try {
      return selections.computeIfAbsent(text, this::load);
    } catch (DatasetException problem) {
      throw new DatasetException(conceal.apply(text, problem.getMessage()), problem);
    }
  }

  private Dataset load(String text) {
    DatasetSpecification selected = specification.apply(text);
    DatasetSpecification source = selected.source();
    return selected.select(sources.computeIfAbsent(source.text(), whole -> source.load()));
  }
}
