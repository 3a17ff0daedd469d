package org.rebasin.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tiny data set in MNIST's files: 2 × 3 pixels, three images to train and one to test. */
class IdxFilesTest {
  private static final String TRAIN_IMAGES = "train-images-idx3-ubyte";
  private static final String TRAIN_LABELS = "train-labels-idx1-ubyte";
  private static final byte[] IMAGES =
      idx(
          0x803,
          new int[] {3, 2, 3},
          0,
          1,
          2,
          3,
          4,
          255,
          6,
          7,
          8,
          9,
          10,
          11,
          12,
          13,
          14,
          15,
          16,
          17);
  private static final byte[] LABELS = idx(0x801, new int[] {3}, 9, 0, 4);

  @TempDir Path directory;

  @BeforeEach
  void writeDataSet() throws IOException {
    write(TRAIN_IMAGES, IMAGES);
    write(TRAIN_LABELS, LABELS);
    write("t10k-images-idx3-ubyte", idx(0x803, new int[] {1, 2, 3}, 5, 5, 5, 5, 5, 6));
    write("t10k-labels-idx1-ubyte", idx(0x801, new int[] {1}, 7));
  }

  @Test
  void imagesAndLabelsAreReadAsTheyWereWritten() {
    Dataset data = load();
    assertEquals("mnist", data.name());
    assertEquals("mnist:" + directory, data.specification());
    assertEquals(new ImageShape(1, 2, 3), data.shape());
    assertEquals(10, data.classes());
    assertEquals(3, data.train().size());
    assertArrayEquals(new byte[] {0, 1, 2, 3, 4, (byte) 255}, data.train().pixels(0));
    assertArrayEquals(new byte[] {12, 13, 14, 15, 16, 17}, data.train().pixels(2));
    assertEquals(9, data.train().label(0));
    assertEquals(4, data.train().label(2));
    assertEquals(1, data.test().size());
    assertEquals(7, data.test().label(0));
  }

  @Test
  void filesMayBeCompressedAndSpeltWithADot() throws IOException {
    rename(TRAIN_IMAGES, "train-images.idx3-ubyte");
    Files.delete(directory.resolve(TRAIN_LABELS));
    write("train-labels.idx1-ubyte.gz", gzip(LABELS));
    rename("t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz"); // Unpacked but not renamed.
    write("t10k-labels-idx1-ubyte", gzip(idx(0x801, new int[] {1}, 7)));
    Dataset data = load();
    assertArrayEquals(new byte[] {12, 13, 14, 15, 16, 17}, data.train().pixels(2));
    assertEquals(4, data.train().label(2));
    assertEquals(7, data.test().label(0));
  }

  @Test
  void aMissingDirectoryIsNamedBeforeAnythingIsRead() throws IOException {
    Path missing = directory.resolve("missing");
    Path file = directory.resolve(TRAIN_IMAGES);
    assertEquals(
        missing + ": expected a directory, found nothing",
        assertThrows(DatasetException.class, new DatasetSpecification.Idx("mnist", missing)::check)
            .getMessage());
    assertEquals(
        file + ": expected a directory, found a file",
        assertThrows(DatasetException.class, new DatasetSpecification.Idx("mnist", file)::check)
            .getMessage());
  }

  @Test
  void aMissingFileIsNamedWithEverySpellingThatWouldDo() throws IOException {
    Files.delete(directory.resolve("t10k-labels-idx1-ubyte"));
    DatasetSpecification specification = new DatasetSpecification.Idx("mnist", directory);
    assertEquals(
        directory
            + ": expected one of the files t10k-labels-idx1-ubyte, t10k-labels-idx1-ubyte.gz,"
            + " t10k-labels.idx1-ubyte, t10k-labels.idx1-ubyte.gz, found none",
        assertThrows(DatasetException.class, specification::check).getMessage());
  }

  @Test
  void anotherMagicNumberIsRefused() throws IOException {
    assertRefused(
        TRAIN_IMAGES,
        "expected the IDX magic number 0x00000803 (unsigned bytes, 3 dimensions), found 0x00000801",
        pad(LABELS, 16));
    assertRefused(
        TRAIN_LABELS,
        "expected the IDX magic number 0x00000801 (unsigned bytes, 1 dimensions), found 0x3c68746d",
        "<html>not found</html>".getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void aTruncatedFileIsRefused() throws IOException {
    String expected = "expected 34 bytes (IDX header and 3 × 2 × 3 values), found ";
    assertRefused(TRAIN_IMAGES, expected + "30", Arrays.copyOf(IMAGES, 30));
    assertRefused(TRAIN_IMAGES, expected + "30", gzip(Arrays.copyOf(IMAGES, 30)));
    assertRefused(
        TRAIN_IMAGES,
        "expected an IDX header of 16 bytes, found the end of the file",
        Arrays.copyOf(IMAGES, 7));
    assertRefused(
        TRAIN_LABELS, "expected an IDX header of 8 bytes, found the end of the file", new byte[0]);
  }

  @Test
  void aGzipFileThatBreaksOffIsRefused() throws IOException {
    byte[] values = new byte[60_000];
    new Random(5).nextBytes(values);
    byte[] whole = gzip(idxOf(0x803, new int[] {600, 10, 10}, values));
    write(TRAIN_LABELS, idxOf(0x801, new int[] {600}, new byte[600]));
    String message = refusal(TRAIN_IMAGES, Arrays.copyOf(whole, whole.length / 2));
    assertTrue(
        message.startsWith("expected 60016 bytes (IDX header and 600 × 10 × 10 values), found "),
        message);
    int found = Integer.parseInt(message.substring(message.lastIndexOf(' ') + 1));
    assertTrue(found > 20_000 && found < 40_000, message);

    String trailer = refusal(TRAIN_IMAGES, Arrays.copyOf(whole, whole.length - 3));
    assertTrue(trailer.startsWith("cannot be read: "), trailer);
  }

  @Test
  void aGzipFileWithAWrongChecksumIsRefused() throws IOException {
    byte[] damaged = gzip(IMAGES);
    damaged[damaged.length - 8] ^= 1;
    String message = refusal(TRAIN_IMAGES, damaged);
    assertTrue(message.startsWith("cannot be read: "), message);
  }

  @Test
  void trailingBytesAreRefused() throws IOException {
    String expected = "expected 34 bytes (IDX header and 3 × 2 × 3 values), found ";
    assertRefused(TRAIN_IMAGES, expected + "35", pad(IMAGES, 35));
    assertRefused(TRAIN_IMAGES, expected + "more", gzip(pad(IMAGES, 35)));
  }

  @Test
  void aLabelOutOfRangeIsRefused() throws IOException {
    assertRefused(
        TRAIN_LABELS, "label 1: expected 0 to 9, found 10", idx(0x801, new int[] {3}, 9, 10, 4));
  }

  @Test
  void imagesAndLabelsOfDifferentCountsAreRefused() throws IOException {
    assertRefused(
        TRAIN_IMAGES,
        "expected as many images as train-labels-idx1-ubyte has labels, 3, found 2",
        idx(0x803, new int[] {2, 1, 1}, 1, 2));
  }

  @Test
  void extentsThatAreZeroOrAbsurdAreRefusedBeforeMemoryIsTaken() throws IOException {
    String expected = "expected positive IDX extents of at most 2147483639 bytes in all, found ";
    assertRefused(TRAIN_LABELS, expected + "0", idx(0x801, new int[] {0}));
    assertRefused(TRAIN_IMAGES, expected + "3 × 0 × 3", idx(0x803, new int[] {3, 0, 3}));
    assertRefused(TRAIN_IMAGES, expected + "4294967295 × 2 × 3", idx(0x803, new int[] {-1, 2, 3}));
    assertRefused(
        TRAIN_IMAGES,
        expected + "65536 × 65536 × 65536",
        idx(0x803, new int[] {1 << 16, 1 << 16, 1 << 16}));
    byte[] bomb = gzip(idx(0x803, new int[] {2_000_000, 10, 100}));
    assertRefused(
        TRAIN_IMAGES,
        "its header promises 2000000016 bytes, more than a gzip file of "
            + bomb.length
            + " bytes can hold",
        bomb);
    assertRefused(
        TRAIN_IMAGES,
        "expected 2000000016 bytes (IDX header and 2000000 × 10 × 100 values), found 16",
        idx(0x803, new int[] {2_000_000, 10, 100}));
  }

  private Dataset load() {
    return new DatasetSpecification.Idx("mnist", directory).load();
  }

  private void assertRefused(String file, String message, byte[] content) throws IOException {
    assertEquals(message, refusal(file, content));
  }

  /** What the message says, after the file, when a file with this content is loaded. */
  private String refusal(String file, byte[] content) throws IOException {
    byte[] before = Files.readAllBytes(directory.resolve(file));
    write(file, content);
    String message = assertThrows(DatasetException.class, this::load).getMessage();
    write(file, before);
    String prefix = directory.resolve(file) + ": ";
    assertTrue(message.startsWith(prefix), message);
    return message.substring(prefix.length());
  }

  private void write(String file, byte[] content) throws IOException {
    Files.write(directory.resolve(file), content);
  }

  private void rename(String from, String to) throws IOException {
    Files.move(directory.resolve(from), directory.resolve(to));
  }

  private static byte[] idx(int magic, int[] extents, int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return idxOf(magic, extents, bytes);
  }

  private static byte[] idxOf(int magic, int[] extents, byte[] values) {
    ByteBuffer buffer = ByteBuffer.allocate(4 + 4 * extents.length + values.length).putInt(magic);
    for (int extent : extents) {
      buffer.putInt(extent);
    }
    return buffer.put(values).array();
  }

  private static byte[] pad(byte[] content, int length) {
    return Arrays.copyOf(content, length);
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(compressed)) {
      out.write(content);
    }
    return compressed.toByteArray();
  }
}
