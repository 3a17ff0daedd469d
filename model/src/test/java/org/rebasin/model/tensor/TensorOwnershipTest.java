package org.rebasin.model.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class TensorOwnershipTest {
  @Test
  void freshTensorIsZero() {
    try (Tensor tensor = Tensor.allocate(30, 70)) {
      assertArrayEquals(new float[2100], tensor.toArray());
      assertArrayEquals(new int[] {30, 70}, tensor.shape());
      assertEquals(2, tensor.rank());
      assertEquals(70, tensor.dimension(1));
    }
  }

  @Test
  void closedTensorGivesItsMemoryBackOnce() {
    long before = NativeMemory.bytes();
    Tensor tensor = Tensor.allocate(10, 100);
    assertEquals(before + 4000, NativeMemory.bytes());
    tensor.close();
    tensor.close();
    assertEquals(before, NativeMemory.bytes());
  }

  @Test
  void peakIsTheMostThatWasAllocatedAtOnce() {
    NativeMemory.resetPeak();
    long before = NativeMemory.bytes();
    Tensor.allocate(1000).close();
    try (Tensor one = Tensor.allocate(200);
        Tensor other = Tensor.allocate(300)) {
      assertEquals(before + 4 * (one.size() + other.size()), NativeMemory.bytes());
    }
    assertEquals(before + 4000, NativeMemory.peakBytes());
  }

  @Test
  void borrowedMemoryIsNeitherCountedNorCopied() {
    FloatBuffer memory =
        ByteBuffer.allocateDirect(24).order(ByteOrder.nativeOrder()).asFloatBuffer();
    long before = NativeMemory.bytes();
    try (Tensor tensor = Tensor.over(memory, 2, 3)) {
      memory.put(5, 7f);
      assertEquals(7f, tensor.values().get(5));
    }
    assertEquals(before, NativeMemory.bytes());
  }

  @Test
  void closedTensorIsNotRead() {
    Tensor tensor = Tensor.allocate(2, 3);
    tensor.close();
    assertEquals("the tensor [2, 3] was closed", stateMessage(tensor::values));
    assertEquals("the tensor [2, 3] was closed", stateMessage(tensor::toArray));
    assertEquals("the tensor [2, 3] was closed", stateMessage(tensor::matrix));
  }

  @Test
  void valuesThatDoNotFillTheShapeAreRefused() {
    assertEquals(
        "shape [2, 3] has 6 elements, found 5 values",
        message(() -> Tensor.of(new float[5], 2, 3).close()));
    assertEquals(
        "shape [4] has 4 elements, found 5 values",
        message(() -> Tensor.over(ByteBuffer.allocateDirect(20).asFloatBuffer(), 4).close()));
  }

  @Test
  void emptyAndHugeShapesAreRefused() {
    assertEquals(
        "expected positive axis lengths, found shape [2, 0]", message(() -> Tensor.sizeOf(2, 0)));
    assertEquals(
        "expected positive axis lengths, found shape [-1]", message(() -> Tensor.sizeOf(-1)));
    assertEquals(
        "a tensor holds at most 2147483647 elements, found shape [65536, 65536, 65536, 65536]",
        message(() -> Tensor.sizeOf(65536, 65536, 65536, 65536)));
  }

  @Test
  void heapBufferIsRefused() {
    assertTrue(
        message(() -> Tensor.over(FloatBuffer.allocate(4), 4).close()).contains("direct buffer"));
  }

  @Test
  void copyOfAnotherSizeIsRefusedWithBothShapes() {
    try (Tensor one = Tensor.allocate(2, 3);
        Tensor other = Tensor.allocate(7)) {
      assertEquals("tensor sizes differ: [2, 3] != [7]", message(() -> one.copyFrom(other)));
    }
  }

  @Test
  void copyHasTheSameValues() {
    try (Tensor source = Tensor.of(new float[] {1, -2, Float.NaN}, 3);
        Tensor target = Tensor.allocate(3)) {
      target.copyFrom(source);
      assertArrayEquals(source.toArray(), target.toArray());
    }
  }

  @Test
  void matrixIsTheFirstAxisByAllOthers() {
    try (Tensor tensor = Tensor.allocate(3, 4, 5)) {
      assertEquals(Matrix.of(tensor.values(), 3, 20), tensor.matrix());
    }
  }

  @Test
  void shapesAreComparedAxisByAxis() {
    try (Tensor one = Tensor.allocate(2, 3);
        Tensor same = Tensor.allocate(2, 3);
        Tensor other = Tensor.allocate(3, 2)) {
      assertTrue(one.sameShape(same));
      assertFalse(one.sameShape(other));
    }
  }

  @Test
  void callersCannotChangeTheShape() {
    int[] shape = {2, 3};
    try (Tensor tensor = Tensor.allocate(shape)) {
      shape[0] = 9;
      tensor.shape()[1] = 9;
      assertArrayEquals(new int[] {2, 3}, tensor.shape());
    }
  }

  private static String message(Executable call) {
    return assertThrows(IllegalArgumentException.class, call).getMessage();
  }

  private static String stateMessage(Executable call) {
    return assertThrows(IllegalStateException.class, call).getMessage();
  }
}
