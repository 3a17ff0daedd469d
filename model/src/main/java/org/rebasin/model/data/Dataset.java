package org.rebasin.model.data;

/**
 * Images to learn from and images to be judged by.
 *
 * @param name what people call it, such as {@code mnist}
 * @param specification what it was loaded from, with every default written out: {@link
 *     DatasetSpecification#parse} of it gives the same data again
 * @param train the images to learn from
 * @param test images of the same shape and classes that training never sees
 */
public record Dataset(
    String name, String specification, LabelledImages train, LabelledImages test) {
  /**
   * @throws IllegalArgumentException if the shapes or the classes of the two parts differ
   */
  public Dataset {
    if (!train.shape().equals(test.shape()) || train.classes() != test.classes()) {
      throw new IllegalArgumentException(
          "%s: expected train and test images alike, found %s and %s".formatted(name, train, test));
    }
  }

  /** The shape of every image. */
  public ImageShape shape() {
    return train.shape();
  }

  /** How many classes there are. */
  public int classes() {
    return train.classes();
  }
}
