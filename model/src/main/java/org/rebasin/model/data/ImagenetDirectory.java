package org.rebasin.model.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.rebasin.model.tensor.Parallel;

/**
 * A directory with photographs in one folder for each class: {@code val/CLASS/*.JPEG} to test on
 * and {@code train/CLASS/*.JPEG} to train on, the layout that torchvision reads (ImageNet, O.
 * Russakovsky et al., 2015). The folders' names in order are the labels 0, 1, …, so that every
 * class that a network tells apart needs its folder, which may be empty. What begins with a dot is
 * no part of it.
 *
 * @param part the folder that holds the classes' folders
 * @param classes the names of the classes' folders, in order
 */
record ImagenetDirectory(Path part, List<String> classes) {
  static final String TRAIN = "train";
  static final String VAL = "val";
  static final ImageShape SHAPE =
      new ImageShape(ImageFile.COLOURS, ScaledCrop.SIDE, ScaledCrop.SIDE);

  /** As many images as one array of bytes holds. */
  static final int MAX_IMAGES = (Integer.MAX_VALUE - 8) / SHAPE.elements();

  private static final List<String> ENDINGS = List.of(".jpeg", ".jpg", ".png");

  /**
   * Finds the classes, and looks at no image.
   *
   * @throws DatasetException if the directory, its part or a folder in that is missing
   */
  static ImagenetDirectory open(Path directory, String part) {
    Path place = directory.resolve(part);
    if (!Files.isDirectory(place)) {
      throw new DatasetException(
          "%s: expected a directory with a folder of images for each class, found %s"
              .formatted(place, Files.exists(place) ? "a file" : "nothing"));
    }
    List<String> classes = names(place, name -> Files.isDirectory(place.resolve(name)));
    if (classes.isEmpty()) {
      throw new DatasetException(
          "%s: expected a folder of images for each class, found none".formatted(place));
    }
    return new ImagenetDirectory(place, classes);
  }

  private static List<String> names(Path folder, Predicate<String> wanted) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> !name.startsWith("."))
          .filter(wanted)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new DatasetException("%s: cannot be listed: %s".formatted(folder, e), e);
    } catch (UncheckedIOException e) {
      throw new DatasetException("%s: cannot be listed: %s".formatted(folder, e.getCause()), e);
    }
  }

  /**
   * Refuses another part whose folders are not the same, for its labels would mean other classes.
   *
   * @throws DatasetException naming a class that only one has
   */
  void requireSameClasses(ImagenetDirectory other) {
    for (ImagenetDirectory one : List.of(this, other)) {
      ImagenetDirectory two = one == this ? other : this;
      List<String> only = new ArrayList<>(one.classes);
      only.removeAll(two.classes);
      if (!only.isEmpty()) {
        throw new DatasetException(
            "%s: expected the same folders as in %s, found no '%s'"
                .formatted(two.part, one.part, only.get(0)));
      }
    }
  }

  /**
   * One image's place.
   *
   * @param label of its class
   * @param name of its file in the folder of its class
   */
  record Entry(int label, String name) {}

  /**
   * All images, class by class and in each in the order of their names.
   *
   * @throws DatasetException if there is none
   */
  List<Entry> entries() {
    List<Entry> entries = new ArrayList<>();
    for (int label = 0; label < classes.size(); label++) {
      for (String name : names(part.resolve(classes.get(label)), ImagenetDirectory::isImage)) {
        entries.add(new Entry(label, name));
      }
    }
    if (entries.isEmpty()) {
      throw new DatasetException(
          "%s: expected images, *%s, in the classes' folders, found none"
              .formatted(part, String.join(" or *", ENDINGS)));
    }
    return entries;
  }

  private static boolean isImage(String name) {
    String small = name.toLowerCase(Locale.ROOT);
    return ENDINGS.stream().anyMatch(small::endsWith);
  }

  /**
   * Decodes images, several at a time.
   *
   * @param entries at most {@link #MAX_IMAGES}
   * @throws DatasetException naming a file that cannot be decoded
   */
  LabelledImages read(List<Entry> entries) {
    byte[] pixels = new byte[Math.multiplyExact(entries.size(), SHAPE.elements())];
    Parallel.forEach(
        entries.size(),
        i -> {
          Entry entry = entries.get(i);
          Path file = part.resolve(classes.get(entry.label())).resolve(entry.name());
          ScaledCrop.write(ImageFile.read(file), pixels, i * SHAPE.elements());
        });
    int[] labels = entries.stream().mapToInt(Entry::label).toArray();
    return LabelledImages.of(SHAPE, classes.size(), pixels, labels);
  }
}
