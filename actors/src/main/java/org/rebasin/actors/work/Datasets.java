package org.rebasin.actors.work;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.rebasin.model.data.Dataset;
import org.rebasin.model.data.DatasetSpecification;

/** The data sets of this node by their text, each loaded once and kept. Thread-safe. */
public final class Datasets {
  private final Map<String, Dataset> loaded = new ConcurrentHashMap<>();

  /**
   * A data set; loads it the first time.
   *
   * @throws IllegalArgumentException if the text names none
   * @throws org.rebasin.model.data.DatasetException if its files are missing or malformed
   */
  public Dataset get(String text) {
    return loaded.computeIfAbsent(text, name -> DatasetSpecification.parse(name).load());
  }
}
