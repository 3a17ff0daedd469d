package org.rebasin.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImagenetDirectoryTest {
  @TempDir private Path directory;

  /** Images of one brightness each: 10 for each class, and 1 for each image within it. */
  private void write(String part, int... counts) throws IOException {
    List<String> classes = List.of("n01", "n02", "n03");
    List<String> endings = List.of("JPEG", "png", "Jpg");
    for (int label = 0; label < counts.length; label++) {
      Path folder = Files.createDirectories(directory.resolve(part).resolve(classes.get(label)));
      for (int i = 0; i < counts[label]; i++) {
        BufferedImage image = new BufferedImage(9, 6, BufferedImage.TYPE_BYTE_GRAY);
        for (int pixel = 0; pixel < 54; pixel++) {
          image.getRaster().setSample(pixel % 9, pixel / 9, 0, 10 * label + i);
        }
        String ending = endings.get(i % 3);
        String format = ending.equals("png") ? "png" : "jpeg";
        Path file = folder.resolve(i + "." + ending);
        assertTrue(ImageIO.write(image, format, file.toFile()));
      }
    }
  }

  private Dataset load(String options) {
    return DatasetSpecification.parse("imagenet:" + directory + options).load();
  }

  private static int[] brightness(LabelledImages images) {
    return IntStream.range(0, images.size()).map(i -> images.pixels(i)[0]).toArray();
  }

  private static int[] labels(LabelledImages images) {
    return IntStream.range(0, images.size()).map(images::label).toArray();
  }

  @Test
  void foldersInOrderAreTheLabels() throws IOException {
    write("val", 2, 0, 1);
    write("train", 1, 3, 0);
    Files.writeString(directory.resolve("val/n01/notes.txt"), "no image");
    Files.writeString(directory.resolve("val/n01/.hidden.JPEG"), "no image");
    Files.createDirectories(directory.resolve("val/.cache"));
    Dataset dataset = load("");
    assertEquals("imagenet", dataset.name());
    assertEquals(new ImageShape(3, 224, 224), dataset.shape());
    assertEquals(3, dataset.classes());
    assertArrayEquals(new int[] {0, 0, 2}, labels(dataset.test()));
    assertArrayEquals(new int[] {0, 1, 20}, brightness(dataset.test()));
    assertArrayEquals(new int[] {0, 1, 1, 1}, labels(dataset.train()));
    assertArrayEquals(new int[] {0, 10, 11, 12}, brightness(dataset.train()));
  }

  @Test
  void fewerAreSpreadOverAllClasses() throws IOException {
    write("val", 4, 4, 4);
    write("train", 6, 6, 0);
    Dataset dataset = load("#test=6,train=4");
    assertArrayEquals(new int[] {0, 2, 10, 12, 20, 22}, brightness(dataset.test()));
    assertArrayEquals(new int[] {0, 3, 10, 13}, brightness(dataset.train()));
  }

  @Test
  void whatWasLoadedIsLoadedAgainFromItsText() throws IOException {
    write("val", 3, 2, 2);
    write("train", 2, 2, 2);
    Dataset first = load("#test=5");
    assertEquals("imagenet:" + directory + "#train=6,test=5", first.specification());
    Dataset again = DatasetSpecification.parse(first.specification()).load();
    assertEquals(first.specification(), again.specification());
    for (int i = 0; i < first.test().size(); i++) {
      assertArrayEquals(first.test().pixels(i), again.test().pixels(i));
    }
  }

  @Test
  void whatIsNotTestedOnCanStandInForTraining() throws IOException {
    write("val", 4, 4, 4);
    Dataset half = load("#train-from=val");
    assertArrayEquals(new int[] {0, 2, 10, 12, 20, 22}, brightness(half.test()));
    assertArrayEquals(new int[] {1, 3, 11, 13, 21, 23}, brightness(half.train()));
    Dataset most = load("#train-from=val,test=3,train=3");
    assertArrayEquals(new int[] {0, 10, 20}, brightness(most.test()));
    assertArrayEquals(new int[] {1, 11, 21}, brightness(most.train()));
    assertEquals("imagenet:" + directory + "#train=3,train-from=val,test=3", most.specification());
  }

  @Test
  void whatIsLoadedCanBeSelectedFrom() throws IOException {
    write("val", 4, 4, 4);
    DatasetSpecification half =
        DatasetSpecification.parse(
            "imagenet:" + directory + "#train-fraction=0.5,train-from=val,train=6,test=2");
    assertEquals("imagenet:" + directory + "#train=6,train-from=val,test=2", half.source().text());
    assertEquals(half, DatasetSpecification.parse(half.text()));
    assertEquals(3, half.load().train().size());
    assertEquals(2, half.load().test().size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "imagenet:/x",
        "imagenet:/x#test=3",
        "imagenet:/x#train=4,train-from=val,test=3",
        "imagenet:/x#train-from=val,shard=1/2,shard-seed=0",
        "imagenet:/x#1#",
        "imagenet:/x#1#train=4",
      })
  void aSpecificationIsReadBackFromItsText(String text) {
    assertEquals(text, DatasetSpecification.parse(text).text());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "imagenet | expected imagenet:DIR, found no directory",
        "imagenet:/x#test=0 | test: expected 1 or more, found '0'",
        "imagenet:/x#test=14267 | expected 1 to 14266, as many images as fit into one array",
        "imagenet:/x#train-from=test | train-from: expected val, found 'test'",
        "imagenet:/x#test=2,subset-seed=1 | subset-seed: expected train-fraction with it",
        "imagenet:/x#size=3 | expected OPTION=VALUE with one of the options train, train-from,",
        "imagenet:/x#test=2, | found ''",
      })
  void aMistakeInTheTextIsRefused(String text, String expected) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> DatasetSpecification.parse(text))
            .getMessage();
    assertTrue(message.contains(expected), message);
  }

  @Test
  void whatIsMissingIsNamed() throws IOException {
    assertRefused("", directory.resolve("val") + ": expected a directory with a folder");
    Files.createDirectories(directory.resolve("val"));
    Files.writeString(directory.resolve("val/1.JPEG"), "");
    assertRefused("", directory.resolve("val") + ": expected a folder of images for each class");
    write("val", 0, 0);
    assertRefused("#train-from=val", "expected images, *.jpeg or *.jpg or *.png");
    assertRefused("", directory.resolve("train") + ": expected a directory");
    assertRefused("", "or train-from=val behind a #");
    write("train", 1, 1, 1);
    assertRefused("", directory.resolve("val") + ": expected the same folders as in");
    write("val", 1, 1, 1);
    assertRefused("#test=4", "test: expected at most the 3 images there are for it, found 4");
  }

  @Test
  void oneImageIsNotEnoughForBothParts() throws IOException {
    write("val", 1);
    assertRefused("#train-from=val", "test: expected at most the 0 images there are for it");
  }

  @Test
  void aBrokenImageIsNamed() throws IOException {
    write("val", 2, 2);
    Path broken = Files.writeString(directory.resolve("val/n02/1.png"), "broken");
    assertRefused("#train-from=val", broken + ": cannot be decoded");
  }

  @Test
  void moreThanFitsIntoMemoryIsRefusedBeforeItIsRead() throws IOException {
    write("val", 2, 2);
    ImagenetSpecification images =
        new ImagenetSpecification(directory, OptionalInt.empty(), true, OptionalInt.empty());
    String message =
        assertThrows(DatasetException.class, () -> images.load(3 * 224 * 224 * 5L)).getMessage();
    assertTrue(message.startsWith("imagenet: expected at most 3 images"), message);
    assertEquals(2, images.load(3 * 224 * 224 * 6L).test().size());
  }

  /** ImageNet has a thousand classes, and a byte holds 256 labels. */
  @Test
  void labelsMayBeLargerThanAByte() {
    LabelledImages images =
        LabelledImages.of(new ImageShape(1, 1, 1), 1000, new byte[2], new int[] {999, 300});
    assertArrayEquals(new int[] {999, 300}, labels(images));
    assertThrows(
        IllegalArgumentException.class,
        () -> LabelledImages.of(images.shape(), 1000, new byte[1], new int[] {1000}));
  }

  private void assertRefused(String options, String expected) {
    String message = assertThrows(DatasetException.class, () -> load(options)).getMessage();
    assertTrue(message.contains(expected), message);
  }
}
