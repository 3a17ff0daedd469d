package org.rebasin.actors.work;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.rebasin.model.data.Dataset;
import org.rebasin.model.data.DatasetSpecification;

/**
 * The data sets of this node by their text. Each source is loaded once and kept; selections of it
 * are views. Thread-safe.
 */
public final class Datasets {
  private final Map<String, Dataset> sources = new ConcurrentHashMap<>();
  private final Map<String, Dataset> selections = new ConcurrentHashMap<>();

  /**
   * A data set; loads it the first time.
   *
   * @throws IllegalArgumentException if the text names none
   * @throws org.rebasin.model.data.DatasetException if its files are missing or malformed
   */
  public Dataset get(String text) {
    return selections.computeIfAbsent(
        text,
        name -> {
          DatasetSpecification specification = DatasetSpecification.parse(name);
          DatasetSpecification source = specification.source();
          return specification.select(
              sources.computeIfAbsent(source.text(), whole -> source.load()));
        });
  }
}
