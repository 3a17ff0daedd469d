package org.rebasin.model.checkpoint;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Other formats in which weights are commonly stored, told apart by their first bytes, so that a
 * file of one of them is refused with advice rather than as garbage.
 */
enum ForeignFormat {
  PYTORCH_ZIP("a PyTorch file (the zip archive of torch.save)", Advice.TORCH),
  PYTORCH_PICKLE("a PyTorch file (a Python pickle, as torch.save wrote before 1.6)", Advice.TORCH),
  NUMPY_ZIP("a NumPy .npz archive", Advice.NUMPY),
  ZIP("a zip archive, perhaps of torch.save", Advice.TORCH),
  NUMPY("a NumPy .npy array", Advice.NUMPY),
  HDF5("an HDF5 file, perhaps of Keras", Advice.NUMPY),
  GIT_LFS("a Git LFS pointer in place of the file itself", "fetch it with: git lfs pull"),
  TEXT("text", "an architecture file describes a network and holds no weights");

  private static final class Advice {
    static final String TORCH =
        "convert it with: safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")";
    static final String NUMPY =
        "convert it with: safetensors.numpy.save_file({name: array, ...}, \"model.safetensors\")";
  }

  /** As many of a file's first bytes as {@link #of} looks at. */
  static final int PREFIX_BYTES = 256;

  private static final int ZIP_NAME_LENGTH_AT = 26;
  private static final int ZIP_NAME_AT = 30;

  private final String description;
  private final String advice;

  ForeignFormat(String description, String advice) {
    this.description = description;
    this.advice = advice;
  }

  String description() {
    return description;
  }

  String advice() {
    return advice;
  }

  /** The format that a file beginning with {@code prefix} appears to have. */
  static Optional<ForeignFormat> of(byte[] prefix) {
    // Latin-1 maps every byte to the character of the same number.
    String text = new String(prefix, StandardCharsets.ISO_8859_1);
    if (text.startsWith("PK\u0003\u0004")) {
      return Optional.of(ofZip(text));
    }
    if (text.startsWith("\u0093NUMPY")) {
      return Optional.of(NUMPY);
    }
    if (text.startsWith("\u0089HDF\r\n\u001a\n")) {
      return Optional.of(HDF5);
    }
    if (text.startsWith("version https://git-lfs")) {
      return Optional.of(GIT_LFS);
    }
    // A pickle begins with the PROTO opcode and the number of its protocol, 2 to 5.
    if (text.length() >= 2
        && text.charAt(0) == 0x80
        && text.charAt(1) >= 2
        && text.charAt(1) <= 5) {
      return Optional.of(PYTORCH_PICKLE);
    }
    // The length of a safetensors header is no text: its last bytes are zeros.
    return text.isBlank() || text.chars().anyMatch(ForeignFormat::isBinary)
        ? Optional.empty()
        : Optional.of(TEXT);
  }

  private static boolean isBinary(int character) {
    return character > '~' || character < ' ' && "\t\n\f\r".indexOf(character) < 0;
  }

  private static ForeignFormat ofZip(String text) {
    if (text.length() < ZIP_NAME_AT) {
      return ZIP;
    }
    int nameLength = text.charAt(ZIP_NAME_LENGTH_AT) | text.charAt(ZIP_NAME_LENGTH_AT + 1) << 8;
    String firstName =
        text.substring(ZIP_NAME_AT, Math.min(text.length(), ZIP_NAME_AT + nameLength));
    if (firstName.endsWith(".npy")) {
      return NUMPY_ZIP;
    }
    return firstName.endsWith("/data.pkl") ? PYTORCH_ZIP : ZIP;
  }
}
