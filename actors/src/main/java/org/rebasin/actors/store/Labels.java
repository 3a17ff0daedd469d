package org.rebasin.actors.store;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is known about a model beside what its file tells. It is no part of the content that names
 * the model.
 *
 * @param architecture the architecture's text, which then wins over the file's own
 * @param told metadata, which then win over the file's own
 */
public record Labels(Optional<String> architecture, Map<String, String> told) {
  /** Nothing. */
  public static final Labels NONE = new Labels(Optional.empty(), Map.of());

  /** The key, in a file's metadata or told beside it, that says who may have the model. */
  public static final String VISIBILITY = "visibility";

  /** A model that does not leave its node. */
  public static final String PRIVATE = "private";

  /** Copies the map; sorted, so that equal labels are equal text. */
  public Labels {
    told = Collections.unmodifiableMap(new TreeMap<>(told));
  }

  /** These, and where they say nothing, the earlier ones: what was told once stays told. */
  Labels over(Labels earlier) {
    Map<String, String> both = new TreeMap<>(earlier.told);
    both.putAll(told);
    return new Labels(architecture.or(earlier::architecture), both);
  }
}
