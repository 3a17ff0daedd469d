package org.rebasin.model.permutation;

import java.util.Arrays;
import java.util.Objects;

/**
 * An optimal assignment and the proof of its optimality.
 *
 * <p>The duals are those of the scores as given, u per row and v per column. When minimising, u(i)
 * + v(j) ≤ score(i, j) everywhere; when maximising, ≥. Either holds with equality where row i is
 * assigned to column j, and what is left unassigned has dual 0 if there are more rows than columns
 * (for rows) or more columns than rows (for columns). Hence Σu + Σv equals the objective, up to
 * rounding.
 *
 * @param columnOfRow column of each row; {@link #UNASSIGNED} for the rows left out when there are
 *     more rows than columns
 * @param objective sum of the assigned scores, in double, in the order of the rows
 * @param rowDuals dual value of each row
 * @param columnDuals dual value of each column; a start for the next solve of a similar problem
 */
public record Assignment(
    int[] columnOfRow, double objective, double[] rowDuals, double[] columnDuals) {
  /** Stands for no column. */
  public static final int UNASSIGNED = -1;

  /** Copies the arrays. */
  public Assignment {
    columnOfRow = columnOfRow.clone();
    rowDuals = rowDuals.clone();
    columnDuals = columnDuals.clone();
  }

  /** A copy. */
  @Override
  public int[] columnOfRow() {
    return columnOfRow.clone();
  }

  /** A copy. */
  @Override
  public double[] rowDuals() {
    return rowDuals.clone();
  }

  /** A copy. */
  @Override
  public double[] columnDuals() {
    return columnDuals.clone();
  }

  /** Column of one row, or {@link #UNASSIGNED}. */
  public int columnOf(int row) {
    return columnOfRow[row];
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Assignment that
        && Arrays.equals(columnOfRow, that.columnOfRow)
        && Double.compare(objective, that.objective) == 0
        && Arrays.equals(rowDuals, that.rowDuals)
        && Arrays.equals(columnDuals, that.columnDuals);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        Arrays.hashCode(columnOfRow),
        objective,
        Arrays.hashCode(rowDuals),
        Arrays.hashCode(columnDuals));
  }

  @Override
  public String toString() {
    return "Assignment[objective="
        + objective
        + ", columnOfRow="
        + Arrays.toString(columnOfRow)
        + "]";
  }
}
