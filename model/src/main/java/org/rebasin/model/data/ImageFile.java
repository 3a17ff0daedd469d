package org.rebasin.model.data;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * A decoded JPEG or PNG of any size as red, green and blue. What the file says about colour
 * profiles, brightness curves and orientation is ignored, and transparency is dropped, as where the
 * published ImageNet networks were trained.
 *
 * @param samples unsigned bytes, {@code [3, height, width]}
 */
record ImageFile(int height, int width, byte[] samples) {
  static final int COLOURS = 3;
  private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G'};

  /** The JVM's largest array. */
  private static final int MAX_SAMPLES = Integer.MAX_VALUE - 8;

  /**
   * Reads and decodes a file, whose content decides what it is.
   *
   * @throws DatasetException naming the file, if it cannot be read or is no whole JPEG or PNG
   */
  static ImageFile read(Path path) {
    byte[] file;
    try {
      file = Files.readAllBytes(path);
    } catch (IOException e) {
      throw new DatasetException("%s: cannot be read: %s".formatted(path, e), e);
    }
    try {
      return decode(file);
    } catch (IOException | RuntimeException e) {
      // On damaged input the decoders throw whatever the damage leads to.
      throw new DatasetException("%s: cannot be decoded: %s".formatted(path, e.getMessage()), e);
    }
  }

  private static ImageFile decode(byte[] file) throws IOException {
    if (JpegSegments.begin(file)) {
      return decodeJpeg(JpegSegments.of(file));
    }
    for (int i = 0; i < PNG.length; i++) {
      if (i >= file.length || file[i] != PNG[i]) {
        throw new IOException("expected a JPEG or a PNG, found neither");
      }
    }
    return ofImage(decode("png", file, reader -> reader.read(0)));
  }

  private static ImageFile decodeJpeg(JpegSegments segments) throws IOException {
    if (segments.components() != 4) {
      return ofImage(decode("jpeg", segments.plain(), reader -> reader.read(0)));
    }
    // Inks the decoder hands out only as they are stored.
    Raster stored = decode("jpeg", segments.plain(), reader -> reader.readRaster(0, null));
    int[] row = new int[4 * stored.getWidth()];
    ImageFile image = ofSize(stored.getHeight(), stored.getWidth());
    Inks inks = new Inks(segments.transform() == 2);
    for (int y = 0; y < image.height; y++) {
      stored.getPixels(0, y, image.width, 1, row);
      for (int x = 0; x < image.width; x++) {
        image.set(y, x, inks.red(row, 4 * x), inks.green(row, 4 * x), inks.blue(row, 4 * x));
      }
    }
    return image;
  }

  /** What a reader is asked for. */
  @FunctionalInterface
  private interface Decoding<T> {
    T of(ImageReader reader) throws IOException;
  }

  private static <T> T decode(String format, byte[] file, Decoding<T> decoding) throws IOException {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
    if (!readers.hasNext()) {
      throw new IOException("this Java decodes no " + format);
    }
    ImageReader reader = readers.next();
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      reader.setInput(in, true, true);
      return decoding.of(reader);
    } finally {
      reader.dispose();
    }
  }

  private static ImageFile ofSize(int height, int width) throws IOException {
    long samples = (long) COLOURS * height * width;
    if (samples > MAX_SAMPLES) {
      throw new IOException(
          "expected at most %d pixels, found %d × %d"
              .formatted(MAX_SAMPLES / COLOURS, height, width));
    }
    return new ImageFile(height, width, new byte[(int) samples]);
  }

  /** Takes the stored samples: Java's own conversion would treat grey as linear and brighten it. */
  private static ImageFile ofImage(BufferedImage source) throws IOException {
    ImageFile image = ofSize(source.getHeight(), source.getWidth());
    Raster raster = source.getRaster();
    int bands = raster.getNumBands();
    int[] row = new int[bands * image.width];
    if (source.getColorModel() instanceof IndexColorModel palette) {
      for (int y = 0; y < image.height; y++) {
        raster.getPixels(0, y, image.width, 1, row);
        for (int x = 0; x < image.width; x++) {
          int index = row[x];
          image.set(y, x, palette.getRed(index), palette.getGreen(index), palette.getBlue(index));
        }
      }
      return image;
    }
    // Of 16 bits the upper 8.
    int shift = Math.max(0, raster.getSampleModel().getSampleSize(0) - 8);
    int green = bands < COLOURS ? 0 : 1;
    int blue = bands < COLOURS ? 0 : 2;
    for (int y = 0; y < image.height; y++) {
      raster.getPixels(0, y, image.width, 1, row);
      for (int x = 0; x < image.width; x++) {
        int at = bands * x;
        image.set(y, x, row[at] >> shift, row[at + green] >> shift, row[at + blue] >> shift);
      }
    }
    return image;
  }

  private void set(int y, int x, int red, int green, int blue) {
    int plane = height * width;
    int at = y * width + x;
    samples[at] = (byte) red;
    samples[plane + at] = (byte) green;
    samples[2 * plane + at] = (byte) blue;
  }

  /**
   * Cyan, magenta, yellow and black as they are stored: inverted, as Adobe began it and decoders
   * assume.
   *
   * @param luminance whether the first three are stored as YCbCr
   */
  private record Inks(boolean luminance) {
    private static final int FULL = 255;
    private static final int MIDDLE = 128;

    int red(int[] stored, int at) {
      double difference = 1.402 * (stored[at + 2] - MIDDLE);
      return colour(luminance ? ink(stored[at], difference) : stored[at], stored[at + 3]);
    }

    int green(int[] stored, int at) {
      double difference =
          -0.344136 * (stored[at + 1] - MIDDLE) - 0.714136 * (stored[at + 2] - MIDDLE);
      return colour(luminance ? ink(stored[at], difference) : stored[at + 1], stored[at + 3]);
    }

    int blue(int[] stored, int at) {
      double difference = 1.772 * (stored[at + 1] - MIDDLE);
      return colour(luminance ? ink(stored[at], difference) : stored[at + 2], stored[at + 3]);
    }

    private static int ink(int luminance, double difference) {
      long colour = Math.round(luminance + difference);
      return FULL - (int) Math.max(0, Math.min(FULL, colour));
    }

    /** What an ink and black leave of white. */
    private static int colour(int ink, int black) {
      return (int) Math.round((double) ink * black / FULL);
    }
  }
}
