package org.rebasin.model.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class TensorTest {
  @Test
  void ownedMemoryIsGivenBackOnce() {
    long before = NativeMemory.bytes();
    Tensor tensor = Tensor.allocate(10, 20);
    assertEquals(before + 800, NativeMemory.bytes());
    tensor.close();
    tensor.close();
    assertEquals(before, NativeMemory.bytes());
    assertThrows(IllegalStateException.class, tensor::values);
  }

  @Test
  void freshTensorsAreZero() {
    try (Tensor tensor = Tensor.allocate(1000)) {
      assertArrayEquals(new float[1000], tensor.toArray());
    }
  }

  @Test
  void shapesThatDoNotFitAreRefusedWithBothSizes() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Tensor.of(new float[5], 2, 3))
            .getMessage();
    assertEquals("shape [2, 3] has 6 elements, found 5 values", message);
    assertThrows(IllegalArgumentException.class, () -> Tensor.sizeOf(1 << 16, 1 << 16));
    assertThrows(IllegalArgumentException.class, () -> Tensor.sizeOf(3, 0));
  }

  @Test
  void viewsOutsideTheBufferAreRefused() {
    try (Tensor tensor = Tensor.allocate(4, 5)) {
      assertThrows(IllegalArgumentException.class, () -> tensor.matrix().rows(3, 2));
      assertThrows(IllegalArgumentException.class, () -> Matrix.of(tensor.values(), 5, 5));
      assertEquals(2, tensor.matrix().columns(3, 2).columns());
    }
  }

  @Test
  void aNumberThatIsNotFiniteIsNamedWithItsPlace() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("fine", Tensor.of(new float[] {1, 2}, 2));
    tensors.put("bad", Tensor.allocate(30, 100));
    try (Weights weights = new Weights(tensors)) {
      weights.requireFinite("a file");
      weights.get("bad").values().put(2907, Float.NEGATIVE_INFINITY);
      String message =
          assertThrows(NonFiniteException.class, () -> weights.requireFinite("a file"))
              .getMessage();
      assertEquals("bad: expected finite numbers, found -Infinity at [29, 7] in a file", message);
      assertTrue(
          assertThrows(IllegalArgumentException.class, () -> weights.get("missing"))
              .getMessage()
              .contains("fine"));
    }
  }

  @Test
  void everyPieceRunsOnceAlsoNested() {
    AtomicIntegerArray runs = new AtomicIntegerArray(400);
    Parallel.forEach(
        20, outer -> Parallel.forEach(20, inner -> runs.incrementAndGet(20 * outer + inner)));
    for (int i = 0; i < runs.length(); i++) {
      assertEquals(1, runs.get(i));
    }
  }

  @Test
  void aFailingPieceFailsTheCaller() {
    RuntimeException thrown =
        assertThrows(
            RuntimeException.class,
            () ->
                Parallel.forEach(
                    50,
                    piece -> {
                      if (piece == 33) {
                        throw new IllegalStateException("piece 33");
                      }
                    }));
    assertEquals("piece 33", thrown.getMessage());
  }

  @Test
  void elementWiseKernelsEqualTheirDefinitionsAcrossChunks() {
    int n = 2 * Chunks.LENGTH + 37;
    float[] a = new float[n];
    float[] b = new float[n];
    for (int i = 0; i < n; i++) {
      a[i] = (float) StrictMath.sin(i);
      b[i] = (float) StrictMath.cos(2 * i);
    }
    try (Tensor x = Tensor.of(a, n);
        Tensor y = Tensor.of(b, n);
        Tensor z = Tensor.allocate(n)) {
      double dot = 0;
      for (int i = 0; i < n; i++) {
        dot += (double) a[i] * b[i];
      }
      assertEquals(dot, ElementWise.dot(x.values(), 0, y.values(), 0, n), 1e-9);

      ElementWise.combine(z.values(), 0, 0.25f, x.values(), 0.75f, y.values(), n);
      for (int i = 0; i < n; i++) {
        assertEquals(0.25f * a[i] + 0.75f * b[i], z.values().get(i), 1e-6f);
      }
      ElementWise.leakyRelu(x.values(), z.values(), 0, n, 0.1f);
      for (int i = 0; i < n; i++) {
        assertEquals(a[i] > 0 ? a[i] : 0.1f * a[i], z.values().get(i));
      }
      z.copyFrom(y);
      ElementWise.leakyReluGradient(x.values(), y.values(), z.values(), 0, n, 0f, true);
      for (int i = 0; i < n; i++) {
        assertEquals(b[i] + (a[i] > 0 ? b[i] : 0f), z.values().get(i));
      }
      assertEquals(-1, ElementWise.firstNonFinite(x.values(), 0, n));
      x.values().put(n - 1, Float.NaN);
      assertEquals(n - 1, ElementWise.firstNonFinite(x.values(), 0, n));
    }
  }

  @Test
  void rowsAreSummedAndAddedTo() {
    try (Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2)) {
      float[] sums = {9, 9};
      ElementWise.sumRows(x.values(), 3, 2, sums);
      assertArrayEquals(new float[] {9, 12}, sums);
      ElementWise.addToRows(x.values(), 1, 2, 2, new float[] {10, 20});
      assertEquals("[1.0, 2.0, 13.0, 24.0, 15.0, 26.0]", Arrays.toString(x.toArray()));
    }
  }
}
