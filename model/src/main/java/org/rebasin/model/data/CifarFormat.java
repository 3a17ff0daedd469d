package org.rebasin.model.data;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The two layouts of the CIFAR data sets' binary version: records of one or two label bytes and
 * 3072 pixels, the red plane before the green and the blue one.
 */
enum CifarFormat {
  /** Ten classes; a record is label, pixels. */
  CIFAR10(
      "cifar10",
      "cifar-10-batches-bin",
      IntStream.rangeClosed(1, 5).mapToObj("data_batch_%d.bin"::formatted).toList(),
      "test_batch.bin",
      10),

  /**
   * A hundred classes; a record is coarse label (of 20), fine label, pixels. The fine one counts.
   */
  CIFAR100("cifar100", "cifar-100-binary", List.of("train.bin"), "test.bin", 20, 100);

  static final ImageShape SHAPE = new ImageShape(3, 32, 32);

  private final String dataset;
  private final String folder;
  private final List<String> trainFiles;
  private final String testFile;

  /** How many values each label byte takes; the last one's are the classes. */
  private final int[] labelValues;

  CifarFormat(
      String dataset, String folder, List<String> trainFiles, String testFile, int... labelValues) {
    this.dataset = dataset;
    this.folder = folder;
    this.trainFiles = trainFiles;
    this.testFile = testFile;
    this.labelValues = labelValues;
  }

  /** What users call the data set. */
  String dataset() {
    return dataset;
  }

  /** What the publishers' archive unpacks to. */
  String folder() {
    return folder;
  }

  List<String> trainFiles() {
    return trainFiles;
  }

  String testFile() {
    return testFile;
  }

  List<String> fileNames() {
    return Stream.concat(trainFiles.stream(), Stream.of(testFile)).toList();
  }

  int classes() {
    return labelValues[labelValues.length - 1];
  }

  int labelBytes() {
    return labelValues.length;
  }

  int recordBytes() {
    return labelBytes() + SHAPE.elements();
  }

  /**
   * The class of a record.
   *
   * @param head the record's label bytes
   * @throws DatasetException if one of them is out of range
   */
  int label(Path file, int record, byte[] head) {
    for (int i = 0; i < head.length; i++) {
      if ((head[i] & 0xFF) >= labelValues[i]) {
        throw new DatasetException(
            "%s: record %d: expected a %slabel of 0 to %d, found %d"
                .formatted(
                    file,
                    record,
                    head.length == 1 ? "" : i == 0 ? "coarse " : "fine ",
                    labelValues[i] - 1,
                    head[i] & 0xFF));
      }
    }
    return head[head.length - 1] & 0xFF;
  }
}
