package org.rebasin.model.description;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import onnx.Onnx.ModelProto;
import onnx.Onnx.OperatorSetIdProto;
import org.nd4j.shade.protobuf.CodedInputStream;
import org.nd4j.shade.protobuf.InvalidProtocolBufferException;
import org.nd4j.shade.protobuf.UnsafeByteOperations;

/** Brings an ONNX file's message into memory, leaving its weights in the mapped file. */
final class OnnxFile {
  /** What one protocol buffer can hold. */
  private static final long MOST_BYTES = Integer.MAX_VALUE;

  /** Since this version tensors of different shapes combine as they do in NumPy. */
  private static final long OLDEST_OPERATORS = 7;

  private OnnxFile() {}

  /**
   * Parses a file. Costs O(operators) memory on the heap; the weights' bytes are not touched.
   *
   * @throws IllegalArgumentException if it is no ONNX model, or one of an older kind
   */
  static ModelProto parse(Path path) {
    try {
      CodedInputStream input = UnsafeByteOperations.unsafeWrap(map(path)).newCodedInput();
      input.enableAliasing(true);
      ModelProto model = ModelProto.parseFrom(input);
      requireModel(path, model);
      return model;
    } catch (InvalidProtocolBufferException problem) {
      throw new IllegalArgumentException(
          "%s: expected an ONNX model, found bytes that are none, or only a part of one: %s"
              .formatted(path, problem.getMessage()),
          problem);
    } catch (NoSuchFileException problem) {
      throw new IllegalArgumentException(
          path + ": expected an ONNX model, found no such file", problem);
    } catch (IOException problem) {
      throw new IllegalArgumentException(path + ": cannot be read: " + problem, problem);
    }
  }

  private static ByteBuffer map(Path path) throws IOException {
    // Looked at before it is opened: opening a named pipe would wait for a writer.
    if (Files.exists(path) && !Files.isRegularFile(path)) {
      throw new IllegalArgumentException(
          path + ": expected an ONNX model, found something other than a regular file");
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      if (channel.size() > MOST_BYTES) {
        throw new IllegalArgumentException(
            "%s: expected at most %d bytes, as many as one ONNX message can have, found %d"
                .formatted(path, MOST_BYTES, channel.size()));
      }
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
    }
  }

  private static void requireModel(Path path, ModelProto model) {
    if (!model.hasGraph() || model.getGraph().getNodeCount() == 0) {
      throw new IllegalArgumentException(
          path + ": expected an ONNX model, found no graph of operators");
    }
    if (model.getFunctionsCount() > 0) {
      throw new IllegalArgumentException(
          "%s: expected operators of ONNX alone, found functions of the model's own, such as %s"
              .formatted(path, model.getFunctions(0).getName()));
    }
    if (model.getOpsetImportList().stream().noneMatch(set -> isOnnx(set.getDomain()))) {
      throw new IllegalArgumentException(
          path + ": expected an ONNX model, found no version of its operators");
    }
    for (OperatorSetIdProto operators : model.getOpsetImportList()) {
      if (isOnnx(operators.getDomain()) && operators.getVersion() < OLDEST_OPERATORS) {
        throw new IllegalArgumentException(
            "%s: expected operators of version %d or later, found version %d"
                .formatted(path, OLDEST_OPERATORS, operators.getVersion()));
      }
    }
  }

  /** Whether a domain is that of ONNX's own operators. */
  static boolean isOnnx(String domain) {
    return domain.isEmpty() || domain.equals("ai.onnx");
  }
}
