package org.rebasin.model.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class MatrixTest {
  @Test
  void viewsOfViewsPointAtTheirFirstElement() {
    try (Tensor tensor = Tensor.allocate(6, 8)) {
      Matrix part = tensor.matrix().rows(2, 3).columns(5, 2);
      assertEquals(new Matrix(tensor.values(), 2 * 8 + 5, 3, 2, 8, false), part);
      assertEquals(
          new Matrix(tensor.values(), 3 * 8 + 5, 2, 1, 8, true), part.transpose().columns(1, 1));
      assertEquals(part, part.transpose().transpose());
    }
  }

  @Test
  void rowsOutsideAViewAreRefusedThoughTheBufferHasThem() {
    try (Tensor tensor = Tensor.allocate(10, 4)) {
      Matrix view = tensor.matrix().rows(2, 5);
      assertOutside(() -> view.rows(3, 3));
      assertOutside(() -> view.rows(-1, 1));
      assertOutside(() -> view.rows(0, -1));
      Matrix transposed = view.transpose();
      assertOutside(() -> transposed.rows(2, 3));
      assertOutside(() -> transposed.columns(-1, 2));
    }
  }

  @Test
  void columnsOutsideAViewAreRefusedThoughTheRowsHaveThem() {
    try (Tensor tensor = Tensor.allocate(4, 10)) {
      Matrix view = tensor.matrix().columns(2, 5);
      assertOutside(() -> view.columns(3, 3));
      assertOutside(() -> view.columns(-2, 1));
    }
  }

  @Test
  void refusalSaysWhatTheViewHas() {
    try (Tensor tensor = Tensor.allocate(4, 10)) {
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> tensor.matrix().columns(7, 4));
      assertEquals("expected columns within 0 to 9, found 4 of them from 7", refused.getMessage());
    }
  }

  private static void assertOutside(Executable view) {
    assertThrows(IllegalArgumentException.class, view);
  }

  @Test
  void matrixLargerThanItsBufferIsRefused() {
    try (Tensor tensor = Tensor.allocate(12)) {
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> Matrix.of(tensor.values(), 4, 4));
      assertEquals("matrix 4×4 at 0 needs 16 values, the buffer has 12", refused.getMessage());
    }
  }

  @Test
  void rowsThatOverlapAreRefused() {
    try (Tensor tensor = Tensor.allocate(12)) {
      IllegalArgumentException refused =
          assertThrows(
              IllegalArgumentException.class, () -> new Matrix(tensor.values(), 0, 3, 4, 3, false));
      assertTrue(refused.getMessage().contains("stride 3"), refused.getMessage());
    }
  }
}
