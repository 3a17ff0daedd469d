package org.rebasin.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of a few records each. */
class CifarFilesTest {
  private static final int PIXELS = 3 * 32 * 32;

  @TempDir Path directory;

  @Test
  void theTrainingBatchesThatAreThereAreReadInOrder() throws IOException {
    write("data_batch_4.bin", record(1, 7), record(2, 8));
    write("data_batch_2.bin", record(3, 9));
    write("test_batch.bin", record(4, 5));
    Dataset data = load("cifar10");
    assertEquals("cifar10", data.name());
    assertEquals("cifar10:" + directory, data.specification());
    assertEquals(new ImageShape(3, 32, 32), data.shape());
    assertEquals(10, data.classes());
    assertEquals(3, data.train().size());
    assertImage(data.train(), 0, 3, 9);
    assertImage(data.train(), 1, 1, 7);
    assertImage(data.train(), 2, 2, 8);
    assertEquals(1, data.test().size());
    assertImage(data.test(), 0, 4, 5);
  }

  @Test
  void theFineOneOfTwoLabelsCounts() throws IOException {
    write("train.bin", record(1, 19, 99), record(2, 0, 3));
    write("test.bin", record(3, 4, 50));
    Dataset data = load("cifar100");
    assertEquals(100, data.classes());
    assertImage(data.train(), 0, 1, 99);
    assertImage(data.train(), 1, 2, 3);
    assertImage(data.test(), 0, 3, 50);
  }

  @Test
  void filesMayBeCompressedAndInThePublishersFolder() throws IOException {
    Files.createDirectory(directory.resolve("cifar-10-batches-bin"));
    byte[] train = join(record(1, 7), record(2, 8), record(3, 9));
    write("cifar-10-batches-bin/data_batch_1.bin.gz", gzip(train));
    write("cifar-10-batches-bin/test_batch.bin", gzip(record(4, 5))); // Unpacked by name only.
    Dataset data = load("cifar10");
    assertEquals(3, data.train().size());
    assertImage(data.train(), 2, 3, 9);
    assertImage(data.test(), 0, 4, 5);
  }

  @Test
  void aGzipFileIsReadWholeWhateverLengthItClaims() throws IOException {
    byte[] compressed = gzip(join(record(1, 7), record(2, 8), record(3, 9)));
    byte[] second = gzip(record(4, 6));
    // Two members one after the other are one file; its last length is the second one's.
    write("data_batch_1.bin.gz", join(compressed, second));
    write("test_batch.bin", record(4, 5));
    LabelledImages train = load("cifar10").train();
    assertEquals(4, train.size());
    assertImage(train, 2, 3, 9);
    assertImage(train, 3, 4, 6);
  }

  @Test
  void whatIsMissingIsNamedBeforeAnythingIsRead() throws IOException {
    assertRefused(
        "cifar10", directory + "/x", directory + "/x: expected a directory, found nothing");
    assertRefused(
        "cifar10",
        directory.toString(),
        directory
            + ": expected at least one of the files data_batch_1.bin, data_batch_2.bin,"
            + " data_batch_3.bin, data_batch_4.bin, data_batch_5.bin, gzip or not, found none");
    write("train.bin", record(1, 0, 0));
    assertRefused(
        "cifar100",
        directory.toString(),
        directory + ": expected the file test.bin, gzip or not, found none");
  }

  @Test
  void aFileOfBrokenRecordsIsRefused() throws IOException {
    write("test_batch.bin", record(4, 5));
    byte[] broken = Arrays.copyOf(record(1, 2), 5000);
    write("data_batch_1.bin", broken);
    String expected = ": expected whole records of 3073 bytes, at least one, found ";
    Path file = directory.resolve("data_batch_1.bin");
    assertUnreadable(file + expected + "5000 bytes");
    write("data_batch_1.bin", gzip(broken));
    assertUnreadable(file + expected + "5000 bytes");
    write("data_batch_1.bin", new byte[0]);
    assertUnreadable(file + expected + "0 bytes");
    write("data_batch_1.bin", gzip(new byte[0]));
    assertUnreadable(file + expected + "0 bytes");
  }

  @Test
  void aGzipFileThatBreaksOffIsRefused() throws IOException {
    byte[] noise = new byte[3073 * 4];
    StableRandom random = new StableRandom(1);
    for (int i = 0; i < noise.length; i++) {
      noise[i] = (byte) (i % 3073 == 0 ? 1 : random.nextInt(256));
    }
    byte[] compressed = gzip(noise);
    write("data_batch_1.bin", Arrays.copyOf(compressed, compressed.length / 2));
    write("test_batch.bin", record(4, 5));
    String message = assertThrows(DatasetException.class, () -> load("cifar10")).getMessage();
    assertTrue(
        message.startsWith(
            directory.resolve("data_batch_1.bin")
                + ": expected a whole gzip stream, found a damaged one: "),
        message);
  }

  @Test
  void aLabelThatIsOutOfRangeIsRefused() throws IOException {
    write("test_batch.bin", record(4, 5));
    write("data_batch_1.bin", record(1, 9), record(1, 10));
    assertUnreadable(
        directory.resolve("data_batch_1.bin") + ": record 1: expected a label of 0 to 9, found 10");
    write("train.bin", record(1, 20, 3));
    write("test.bin", record(1, 3, 100));
    assertEquals(
        directory.resolve("train.bin") + ": record 0: expected a coarse label of 0 to 19, found 20",
        assertThrows(DatasetException.class, () -> load("cifar100")).getMessage());
    write("train.bin", record(1, 19, 3));
    assertEquals(
        directory.resolve("test.bin") + ": record 0: expected a fine label of 0 to 99, found 100",
        assertThrows(DatasetException.class, () -> load("cifar100")).getMessage());
  }

  private Dataset load(String name) {
    return new DatasetSpecification.Cifar(name, directory).load();
  }

  private static void assertImage(LabelledImages images, int number, int key, int label) {
    assertEquals(label, images.label(number));
    assertArrayEquals(pixels(key), images.pixels(number));
  }

  private void assertUnreadable(String message) {
    assertEquals(message, assertThrows(DatasetException.class, () -> load("cifar10")).getMessage());
  }

  private static void assertRefused(String name, String place, String message) {
    DatasetSpecification specification = DatasetSpecification.parse(name + ":" + place);
    assertEquals(message, assertThrows(DatasetException.class, specification::check).getMessage());
  }

  private static byte[] pixels(int key) {
    byte[] pixels = new byte[PIXELS];
    for (int i = 0; i < PIXELS; i++) {
      pixels[i] = (byte) (key * 31 + i * 7 + i / 1024);
    }
    return pixels;
  }

  private static byte[] record(int key, int... labels) {
    byte[] head = new byte[labels.length];
    for (int i = 0; i < head.length; i++) {
      head[i] = (byte) labels[i];
    }
    return join(head, pixels(key));
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      joined.writeBytes(part);
    }
    return joined.toByteArray();
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(compressed)) {
      out.write(bytes);
    }
    return compressed.toByteArray();
  }

  private void write(String name, byte[]... parts) throws IOException {
    Files.write(directory.resolve(name), join(parts));
  }
}
