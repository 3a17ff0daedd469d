package org.rebasin.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageFileTest {
  /** 32 × 16 pixels of inks in four stripes, written by Pillow 9.4.0. */
  private static final String INKS =
      "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAGBAUGBQQGBgUGBwcGCAoQCgoJCQoUDg8MEBcUGBgXFBYWGh0l"
          + "HxobIxwWFiAsICMmJykqKRkfLTAtKDAlKCko/8AAFAgAEAAgBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEB"
          + "AQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQci"
          + "cRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVm"
          + "Z2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV"
          + "1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwD5Ur6pr6pr6pr9VK/PWuXoqlX3"
          + "hX5615fV2tqv0yr5Fr8q6KK/Qqv1Ur89a5eiqVfeFfnrXl9Xa2q/TKvkWv/Z";

  /** Where Adobe's segment says how components are stored. */
  private static final int TRANSFORM = 17;

  @TempDir private Path directory;

  @Test
  void coloursAreTakenAsTheyAre() throws IOException {
    BufferedImage source = new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB);
    int[] colours = {0x102030, 0xFF0001, 0x00FE80, 0x7F7F7F, 0x000000, 0xFFFFFF};
    source.setRGB(0, 0, 3, 2, colours, 0, 3);
    assertArrayEquals(planes(colours), ImageFile.read(write(source, "png", "a.png")).samples());
  }

  /** Java's own conversion would make of 64 a 137. */
  @ParameterizedTest
  @ValueSource(strings = {"png", "jpeg"})
  void greyKeepsItsBrightness(String format) throws IOException {
    BufferedImage grey = new BufferedImage(8, 8, BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < 64; i++) {
      grey.getRaster().setSample(i % 8, i / 8, 0, 64);
    }
    byte[] samples = ImageFile.read(write(grey, format, "grey.JPEG")).samples();
    byte[] expected = new byte[3 * 64];
    Arrays.fill(expected, (byte) 64);
    assertArrayEquals(expected, samples);
  }

  @Test
  void palettesAndTransparencyBecomeColours() throws IOException {
    BufferedImage indexed = new BufferedImage(4, 4, BufferedImage.TYPE_BYTE_INDEXED);
    BufferedImage clear = new BufferedImage(4, 4, BufferedImage.TYPE_INT_ARGB);
    for (int i = 0; i < 16; i++) {
      indexed.setRGB(i % 4, i / 4, 0xFF00FF33);
      clear.setRGB(i % 4, i / 4, 0x4000FF33);
    }
    int[] colours = new int[16];
    Arrays.fill(colours, 0x00FF33);
    assertArrayEquals(planes(colours), ImageFile.read(write(indexed, "png", "i.png")).samples());
    assertArrayEquals(planes(colours), ImageFile.read(write(clear, "png", "c.png")).samples());
  }

  /** What Pillow 9.4.0 makes of it. */
  @Test
  void printingInksBecomeColours() throws IOException {
    byte[] file = Base64.getDecoder().decode(INKS);
    assertStripes(file, new int[][] {{0, 255, 255}, {255, 55, 225}, {187, 180, 19}, {55, 55, 55}});
    file[TRANSFORM] = 2;
    assertStripes(file, new int[][] {{77, 255, 30}, {0, 44, 129}, {118, 0, 0}, {0, 29, 0}});
  }

  private void assertStripes(byte[] file, int[][] expected) throws IOException {
    ImageFile image = ImageFile.read(Files.write(directory.resolve("inks.JPEG"), file));
    int plane = image.height() * image.width();
    int[] columns = {3, 11, 19, 28};
    for (int stripe = 0; stripe < columns.length; stripe++) {
      for (int colour = 0; colour < 3; colour++) {
        int at = colour * plane + 8 * image.width() + columns[stripe];
        assertEquals(expected[stripe][colour], image.samples()[at] & 0xFF, 1, "stripe " + stripe);
      }
    }
  }

  /** A profile that a decoder would follow, or stumble over. */
  @Test
  void colourProfilesAreIgnored() throws IOException {
    byte[] plain = jpeg(40, 30);
    ByteArrayOutputStream withProfile = new ByteArrayOutputStream();
    withProfile.write(plain, 0, 2);
    byte[] content = "ICC_PROFILE\0\1\1nonsense".getBytes(StandardCharsets.ISO_8859_1);
    withProfile.writeBytes(new byte[] {(byte) 0xFF, (byte) 0xE2, 0, (byte) (content.length + 2)});
    withProfile.writeBytes(content);
    withProfile.write(plain, 2, plain.length - 2);
    assertArrayEquals(
        ImageFile.read(Files.write(directory.resolve("a.jpg"), plain)).samples(),
        ImageFile.read(Files.write(directory.resolve("b.jpg"), withProfile.toByteArray()))
            .samples());
  }

  @Test
  void damagedFilesAreRefusedByName() throws IOException {
    byte[] whole = jpeg(64, 64);
    byte[] png = Files.readAllBytes(write(picture(64, 64), "png", "x.png"));
    assertRefused(Arrays.copyOf(whole, whole.length / 2), "found no end of the image");
    assertRefused(Arrays.copyOf(whole, 40), "expected a whole JPEG, found an end after");
    assertRefused(new byte[0], "expected a JPEG or a PNG, found neither");
    assertRefused("<html>".getBytes(StandardCharsets.UTF_8), "found neither");
    assertRefused(Arrays.copyOf(png, png.length / 2), "");
  }

  private void assertRefused(byte[] file, String found) throws IOException {
    Path path = Files.write(directory.resolve("broken.JPEG"), file);
    String message = assertThrows(DatasetException.class, () -> ImageFile.read(path)).getMessage();
    assertTrue(message.startsWith(path + ": cannot be decoded: "), message);
    assertTrue(message.contains(found), message);
  }

  /**
   * Pillow 9.4.0: {@code resize} bilinearly to a shorter side of 256, the longer one rounded down,
   * then {@code crop} of the middle 224.
   */
  @ParameterizedTest
  @CsvSource({
    "375, 500, 19114641, '156 148 137 112 84 150 223 165 173'",
    "600, 300, 19100835, '125 152 111 142 84 190 229 102 146'",
    "100,  90, 19242246, '68 145 116 47 112 77 74 207 103'",
    "256, 341, 19122176, '198 193 24 99 227 156 174 253 200'",
    "300, 256, 19088640, '226 223 72 127 141 226 202 163 16'",
  })
  void scalingAndCroppingAreThoseOfThePublishedNetworks(
      int height, int width, long sum, String samples) {
    byte[] pattern = new byte[3 * height * width];
    for (int i = 0; i < height * width; i++) {
      int x = i % width;
      int y = i / width;
      pattern[i] = (byte) (7 * x + 3 * y);
      pattern[height * width + i] = (byte) (x * x + 5 * y);
      pattern[2 * height * width + i] = (byte) (x * y + 11 * y);
    }
    byte[] target = new byte[3 * 224 * 224 + 1];
    ScaledCrop.write(new ImageFile(height, width, pattern), target, 1);
    int[][] places = {
      {0, 0, 0},
      {1, 0, 223},
      {2, 100, 57},
      {0, 223, 0},
      {1, 131, 200},
      {2, 223, 223},
      {0, 17, 99},
      {1, 60, 5},
      {2, 180, 141}
    };
    String[] expected = samples.split(" ");
    for (int i = 0; i < places.length; i++) {
      int at = 1 + (places[i][0] * 224 + places[i][1]) * 224 + places[i][2];
      assertEquals(Integer.parseInt(expected[i]), target[at] & 0xFF, "sample " + i);
    }
    long found = IntStream.range(1, target.length).mapToLong(i -> target[i] & 0xFF).sum();
    assertEquals(sum, found);
  }

  private static byte[] planes(int... colours) {
    byte[] planes = new byte[3 * colours.length];
    for (int i = 0; i < colours.length; i++) {
      planes[i] = (byte) (colours[i] >> 16);
      planes[colours.length + i] = (byte) (colours[i] >> 8);
      planes[2 * colours.length + i] = (byte) colours[i];
    }
    return planes;
  }

  private static BufferedImage picture(int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      image.setRGB(i % width, i / width, 0x10203 * i);
    }
    return image;
  }

  private static byte[] jpeg(int width, int height) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertTrue(ImageIO.write(picture(width, height), "jpeg", out));
    return out.toByteArray();
  }

  private Path write(BufferedImage image, String format, String name) throws IOException {
    Path path = directory.resolve(name);
    assertTrue(ImageIO.write(image, format, path.toFile()));
    return path;
  }
}
