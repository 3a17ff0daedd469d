package org.rebasin.model.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipException;

/**
 * A directory with the binary files of CIFAR-10 or CIFAR-100 (A. Krizhevsky, 2009), gzip or not.
 *
 * @param format which of the two data sets
 * @param train the files to train on, at least one
 * @param test the file to test on
 */
record CifarDirectory(CifarFormat format, List<Path> train, Path test) {
  private static final int MAX_PIXELS = Integer.MAX_VALUE - 8;

  /**
   * Finds the files without reading them, in the directory itself or in the folder that the
   * publishers' archive unpacks to. Of several files to train on, those that are there are used.
   *
   * @throws DatasetException if the directory is missing, or the file to test on, or every file to
   *     train on
   */
  static CifarDirectory open(Path directory, CifarFormat format) {
    if (!Files.isDirectory(directory)) {
      throw new DatasetException(
          "%s: expected a directory, found %s"
              .formatted(directory, Files.exists(directory) ? "a file" : "nothing"));
    }
    Path folder = directory.resolve(format.folder());
    // The directory's own files win, and where nothing is found it is the one to name.
    Path place =
        format.fileNames().stream().noneMatch(name -> find(directory, name).isPresent())
                && Files.isDirectory(folder)
            ? folder
            : directory;
    List<Path> train =
        format.trainFiles().stream().flatMap(name -> find(place, name).stream()).toList();
    if (train.isEmpty()) {
      throw missing(place, format.trainFiles());
    }
    Path test =
        find(place, format.testFile())
            .orElseThrow(() -> missing(place, List.of(format.testFile())));
    return new CifarDirectory(format, train, test);
  }

  private static Optional<Path> find(Path directory, String name) {
    return List.of(name, name + ".gz").stream()
        .map(directory::resolve)
        .filter(Files::isRegularFile)
        .findFirst();
  }

  private static DatasetException missing(Path directory, List<String> names) {
    return new DatasetException(
        "%s: expected %s %s, gzip or not, found none"
            .formatted(
                directory,
                names.size() == 1 ? "the file" : "at least one of the files",
                String.join(", ", names)));
  }

  /**
   * @throws DatasetException if a file is malformed
   */
  LabelledImages readTrain() {
    return read(train);
  }

  /**
   * @throws DatasetException if the file is malformed
   */
  LabelledImages readTest() {
    return read(List.of(test));
  }

  private LabelledImages read(List<Path> files) {
    List<CompressedFile> sources = new ArrayList<>();
    long likely = 0;
    for (Path file : files) {
      try {
        CompressedFile source = CompressedFile.of(file);
        if (!source.compressed()) {
          requireRecords(file, source.size());
        }
        likely += source.likelyLength() / format.recordBytes();
        sources.add(source);
      } catch (IOException e) {
        throw unreadable(file, e);
      }
    }
    Records records = new Records(likely);
    for (CompressedFile source : sources) {
      try (InputStream in = source.open()) {
        records.append(source.path(), in);
      } catch (IOException e) {
        throw unreadable(source.path(), e);
      }
    }
    return records.images();
  }

  private void requireRecords(Path file, long bytes) {
    if (bytes == 0 || bytes % format.recordBytes() != 0) {
      throw new DatasetException(
          "%s: expected whole records of %d bytes, at least one, found %d bytes"
              .formatted(file, format.recordBytes(), bytes));
    }
  }

  private static DatasetException unreadable(Path file, IOException e) {
    return new DatasetException("%s: cannot be read: %s".formatted(file, e), e);
  }

  /** Images and labels as they are read, in memory that grows if a file is longer than it says. */
  private final class Records {
    private byte[] pixels;
    private byte[] labels;
    private int count;

    private Records(long likely) {
      int capacity = (int) Math.min(Math.max(likely, 1), maxImages());
      this.pixels = new byte[capacity * CifarFormat.SHAPE.elements()];
      this.labels = new byte[capacity];
    }

    private static int maxImages() {
      return MAX_PIXELS / CifarFormat.SHAPE.elements();
    }

    private void append(Path file, InputStream in) throws IOException {
      byte[] head = new byte[format.labelBytes()];
      for (int record = 0; ; record++) {
        int read = readUntilEnd(in, file, head, 0, head.length);
        if (read == 0 && record > 0) {
          return;
        }
        if (read == head.length) {
          reserve(file);
          read += readUntilEnd(in, file, pixels, pixelStart(), CifarFormat.SHAPE.elements());
        }
        if (read < format.recordBytes()) {
          requireRecords(file, (long) record * format.recordBytes() + read);
        }
        labels[count++] = (byte) format.label(file, record, head);
      }
    }

    private int pixelStart() {
      return count * CifarFormat.SHAPE.elements();
    }

    private void reserve(Path file) {
      if (count == maxImages()) {
        throw new DatasetException(
            "%s: expected at most %d images in all, found more".formatted(file, maxImages()));
      }
      if (count == labels.length) {
        int capacity = (int) Math.min(2L * count, maxImages());
        pixels = Arrays.copyOf(pixels, capacity * CifarFormat.SHAPE.elements());
        labels = Arrays.copyOf(labels, capacity);
      }
    }

    private LabelledImages images() {
      return LabelledImages.of(
          CifarFormat.SHAPE,
          format.classes(),
          labels.length == count ? pixels : Arrays.copyOf(pixels, pixelStart()),
          labels.length == count ? labels : Arrays.copyOf(labels, count));
    }
  }

  private static int readUntilEnd(InputStream in, Path file, byte[] target, int start, int length)
      throws IOException {
    try {
      return in.readNBytes(target, start, length);
    } catch (EOFException | ZipException e) {
      throw new DatasetException(
          "%s: expected a whole gzip stream, found a damaged one: %s"
              .formatted(file, e.getMessage()),
          e);
    }
  }
}
