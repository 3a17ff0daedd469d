package org.rebasin.model.tensor;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class NativeMemoryTest {
  private static final int THREADS = 12;
  private static final int TENSORS = 20;
  private static final int ELEMENTS = 13 << 18;
  private static final long BYTES = 4L * THREADS * TENSORS * ELEMENTS;

  @Test
  @EnabledOnOs(OS.LINUX)
  void whatTensorsOfManyThreadsLeaveIsGivenBackToTheSystem() throws InterruptedException {
    // Frees one of this size, after which the C library keeps such blocks rather than mapping them.
    allocateAndClose(1);
    long before = Pointer.physicalBytes();
    for (int i = 0; i < THREADS; i++) {
      Thread thread = new Thread(() -> allocateAndClose(TENSORS));
      thread.start();
      thread.join();
    }
    long kept = Pointer.physicalBytes() - before;
    assertTrue(kept < BYTES / 3, "kept %d MiB of %d MiB freed".formatted(kept >> 20, BYTES >> 20));
  }

  private static void allocateAndClose(int count) {
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      tensors.add(Tensor.allocate(ELEMENTS));
    }
    tensors.forEach(Tensor::close);
  }
}
