package org.rebasin.actors.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Safetensors files put together and taken apart by hand, independently of the code under test. */
final class RawModels {
  private RawModels() {}

  /** A tensor as it is stored; {@code bits} holds two or four bytes an element. */
  record RawTensor(String name, String type, int[] shape, byte[] bytes) {
    /** The elements' bit patterns, sorted: what no permutation changes. */
    int[] sortedBits() {
      int size = type.equals("F16") ? 2 : 4;
      ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      int[] bits = new int[bytes.length / size];
      for (int i = 0; i < bits.length; i++) {
        bits[i] = size == 2 ? buffer.getShort() : buffer.getInt();
      }
      Arrays.sort(bits);
      return bits;
    }

    /** Name, type and shape. */
    String declaration() {
      return name + " " + type + Arrays.toString(shape);
    }
  }

  /** A chain of dense layers with random values. */
  static List<RawTensor> mlp(long seed, String type, List<String> layers, int... widths) {
    Random random = new Random(seed);
    List<RawTensor> tensors = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      tensors.add(tensor(random, layers.get(i) + ".weight", type, widths[i + 1], widths[i]));
      tensors.add(tensor(random, layers.get(i) + ".bias", type, widths[i + 1]));
    }
    return tensors;
  }

  private static RawTensor tensor(Random random, String name, String type, int... shape) {
    int size = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    int width = type.equals("F16") ? 2 : 4;
    ByteBuffer bytes = ByteBuffer.allocate(size * width).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < size; i++) {
      if (width == 2) {
        // A half between -1 and 1 with a random fraction: sign, exponent 2^-4..2^-1, ten bits.
        bytes.putShort(
            (short)
                (random.nextInt(2) << 15 | (11 + random.nextInt(4)) << 10 | random.nextInt(1024)));
      } else {
        bytes.putFloat((float) (0.2 * random.nextGaussian()));
      }
    }
    return new RawTensor(name, type, shape, bytes.array());
  }

  static Path write(Path file, List<RawTensor> tensors) {
    StringBuilder header = new StringBuilder("{");
    int offset = 0;
    for (RawTensor tensor : tensors) {
      header
          .append(offset == 0 ? "" : ",")
          .append(
              "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                  .formatted(
                      tensor.name(),
                      tensor.type(),
                      Arrays.toString(tensor.shape()),
                      offset,
                      offset + tensor.bytes().length));
      offset += tensor.bytes().length;
    }
    ByteBuffer data = ByteBuffer.allocate(offset);
    tensors.forEach(tensor -> data.put(tensor.bytes()));
    return write(file, header.append("}").toString(), data.array());
  }

  /** The length field, a header and data, as the format lays them out. */
  static Path write(Path file, String header, byte[] data) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return write(
        file,
        ByteBuffer.allocate(8 + text.length + data.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(text.length)
            .put(text)
            .put(data)
            .array());
  }

  static Path write(Path file, byte[] bytes) {
    try {
      return Files.write(file, bytes);
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  /** All tensors in the order of their values in the file. */
  static List<RawTensor> read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int start = 8 + Math.toIntExact(bytes.getLong(0));
    JsonNode header = new ObjectMapper().readTree(bytes.array(), 8, start - 8);
    List<RawTensor> tensors = new ArrayList<>();
    for (Iterator<Map.Entry<String, JsonNode>> all = header.fields(); all.hasNext(); ) {
      Map.Entry<String, JsonNode> entry = all.next();
      if (!entry.getKey().equals("__metadata__")) {
        JsonNode tensor = entry.getValue();
        int[] shape = new int[tensor.get("shape").size()];
        Arrays.setAll(shape, i -> tensor.get("shape").get(i).asInt());
        tensors.add(
            new RawTensor(
                entry.getKey(),
                tensor.get("dtype").asText(),
                shape,
                Arrays.copyOfRange(
                    bytes.array(),
                    start + tensor.get("data_offsets").get(0).asInt(),
                    start + tensor.get("data_offsets").get(1).asInt())));
      }
    }
    return tensors;
  }
}
