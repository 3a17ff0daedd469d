package org.rebasin.model.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A directory with the four files of MNIST or of a data set in its format: images and labels, to
 * train and to test, under the publishers' names, gzip or not.
 *
 * @param directory where the files are
 * @param trainImages IDX file of {@code [images, height, width]}
 * @param trainLabels IDX file of {@code [images]}
 * @param testImages IDX file of {@code [images, height, width]}
 * @param testLabels IDX file of {@code [images]}
 */
record IdxDirectory(
    Path directory, Path trainImages, Path trainLabels, Path testImages, Path testLabels) {
  private static final int CLASSES = 10;

  /**
   * Finds the files without reading them.
   *
   * @throws DatasetException if the directory or one of the files is missing
   */
  static IdxDirectory open(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new DatasetException(
          "%s: expected a directory, found %s"
              .formatted(directory, Files.exists(directory) ? "a file" : "nothing"));
    }
    return new IdxDirectory(
        directory,
        find(directory, "train-images", "idx3-ubyte"),
        find(directory, "train-labels", "idx1-ubyte"),
        find(directory, "t10k-images", "idx3-ubyte"),
        find(directory, "t10k-labels", "idx1-ubyte"));
  }

  private static Path find(Path directory, String part, String type) {
    List<String> names =
        List.of(
            part + "-" + type,
            part + "-" + type + ".gz",
            part + "." + type,
            part + "." + type + ".gz");
    return names.stream()
        .map(directory::resolve)
        .filter(Files::isRegularFile)
        .findFirst()
        .orElseThrow(
            () ->
                new DatasetException(
                    "%s: expected one of the files %s, found none"
                        .formatted(directory, names.stream().collect(Collectors.joining(", ")))));
  }

  /**
   * @throws DatasetException if a file is malformed or the two do not belong together
   */
  LabelledImages train() {
    return read(trainImages, trainLabels);
  }

  /**
   * @throws DatasetException if a file is malformed or the two do not belong together
   */
  LabelledImages test() {
    return read(testImages, testLabels);
  }

  private static LabelledImages read(Path imagesFile, Path labelsFile) {
    // The labels first: they are the small file, and show most mistakes.
    byte[] labels = IdxArray.read(labelsFile, 1).values();
    for (int i = 0; i < labels.length; i++) {
      if ((labels[i] & 0xFF) >= CLASSES) {
        throw new DatasetException(
            "%s: label %d: expected 0 to %d, found %d"
                .formatted(labelsFile, i, CLASSES - 1, labels[i] & 0xFF));
      }
    }
    IdxArray images = IdxArray.read(imagesFile, 3);
    int[] extents = images.extents();
    if (extents[0] != labels.length) {
      throw new DatasetException(
          "%s: expected as many images as %s has labels, %d, found %d"
              .formatted(imagesFile, labelsFile.getFileName(), labels.length, extents[0]));
    }
    return LabelledImages.of(
        new ImageShape(1, extents[1], extents[2]), CLASSES, images.values(), labels);
  }
}
