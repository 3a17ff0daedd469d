package org.rebasin.model.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What stands before the compressed pixels of a JPEG (ITU-T T.81, annex B), as far as it decides
 * about colours.
 *
 * @param components 1 for grey, 3 for colours, 4 for printing inks
 * @param transform of Adobe's segment, 0 if there is none: 0 for components as they are, 1 for
 *     YCbCr, 2 for YCCK
 * @param plain the file without its colour profiles
 */
record JpegSegments(int components, int transform, byte[] plain) {
  private static final int MARKER = 0xFF;
  private static final int START = 0xD8;
  private static final int END = 0xD9;
  private static final int SCAN = 0xDA;
  private static final int PROFILE = 0xE2;
  private static final int ADOBE = 0xEE;
  private static final String ADOBE_NAME = "Adobe";

  /** Where a segment's content begins, counted from its marker, and what is looked up in it. */
  private static final int CONTENT = 4;

  private static final int COMPONENTS = CONTENT + 5;
  private static final int TRANSFORM = CONTENT + 11;

  /** Whether a file begins as a JPEG. */
  static boolean begin(byte[] file) {
    return file.length > 2 && (file[0] & 0xFF) == MARKER && (file[1] & 0xFF) == START;
  }

  /**
   * Takes a file apart.
   *
   * @throws IOException if it ends too early or has no frame
   */
  static JpegSegments of(byte[] file) throws IOException {
    ByteArrayOutputStream plain = new ByteArrayOutputStream(file.length);
    plain.write(file, 0, 2);
    int components = 0;
    int transform = 0;
    int at = 2;
    while (true) {
      at = markerFrom(file, at);
      int marker = byteAt(file, at + 1);
      if (marker == SCAN) {
        break;
      }
      int next = at + 2 + (byteAt(file, at + 2) << 8 | byteAt(file, at + 3));
      byteAt(file, next - 1);
      if (isFrame(marker)) {
        components = byteAt(file, at + COMPONENTS);
      } else if (marker == ADOBE && isAdobe(file, at, next)) {
        transform = byteAt(file, at + TRANSFORM);
      }
      if (marker != PROFILE) {
        plain.write(file, at, next - at);
      }
      at = next;
    }
    requireEnd(file, at);
    if (components == 0) {
      throw new IOException("expected a frame before the scan, found none");
    }
    plain.write(file, at, file.length - at);
    return new JpegSegments(components, transform, plain.toByteArray());
  }

  /** Where the next marker begins; what stands before it is filling, as decoders have it. */
  private static int markerFrom(byte[] file, int from) throws IOException {
    int at = from;
    while (byteAt(file, at) != MARKER || byteAt(file, at + 1) == MARKER) {
      at++;
    }
    return at;
  }

  private static int byteAt(byte[] file, int at) throws IOException {
    if (at >= file.length) {
      throw new IOException("expected a whole JPEG, found an end after %d bytes".formatted(at));
    }
    return file[at] & 0xFF;
  }

  /** Any of the thirteen ways of coding; the three markers among them are of tables. */
  private static boolean isFrame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
  }

  private static boolean isAdobe(byte[] file, int at, int next) {
    byte[] name = ADOBE_NAME.getBytes(StandardCharsets.US_ASCII);
    int begin = at + CONTENT;
    return at + TRANSFORM < next
        && Arrays.equals(file, begin, begin + name.length, name, 0, name.length);
  }

  /** A decoder fills what is missing of a truncated image with grey, and says nothing. */
  private static void requireEnd(byte[] file, int scan) throws IOException {
    for (int at = file.length - 2; at > scan; at--) {
      if ((file[at] & 0xFF) == MARKER && (file[at + 1] & 0xFF) == END) {
        return;
      }
    }
    throw new IOException("expected a whole JPEG, found no end of the image");
  }
}
