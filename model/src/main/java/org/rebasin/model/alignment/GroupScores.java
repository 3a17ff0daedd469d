package org.rebasin.model.alignment;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.tensor.Gemm;
import org.rebasin.model.tensor.Matrix;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * The score matrix of one permutation group: {@code S[i, j]} is what it adds to the objective that
 * slot {@code i} takes unit {@code j} of B, given the permutations of all other groups.
 *
 * <p>Kept from visit to visit. Where a neighbouring group's permutation changed in {@code k}
 * places, only those columns are added, {@code S += A[:, K]·(B[:, new K] − B[:, old K])ᵀ}: after
 * the first sweeps few places change, and the products shrink with them.
 */
final class GroupScores {
  /** Columns of a product that are packed at a time; fixed, as rounding depends on it. */
  private static final int PANEL = 768;

  /**
   * Submatrices of less than one column in so many rows are packed after all: one pass over the
   * scores for several of them is cheaper than one each.
   */
  private static final int SHALLOW = 4;

  private final int size;
  private final List<ScoreLink> links;
  private final int panelDepth;
  private boolean empty = true;

  /** Scores of one group; {@code shapes} are weights of the network, of which only shapes count. */
  GroupScores(PermutationSpec spec, int group, Weights shapes) {
    this.size = spec.groups().get(group).size();
    this.links = ScoreLink.of(spec, group, shapes);
    int widest = links.stream().mapToInt(link -> link.positions).max().orElse(1);
    long whole = links.stream().mapToLong(link -> (long) link.otherUnits * link.positions).sum();
    this.panelDepth = (int) Math.max(widest, Math.min(PANEL, whole));
  }

  /** Units of the group; the scores are {@code [size, size]}. */
  int size() {
    return size;
  }

  /** The most floats that {@link #update} packs at a time, for each of two panels. */
  int panelSize() {
    return Math.multiplyExact(size, panelDepth);
  }

  /** The groups on whose permutations the scores depend. */
  List<Integer> neighbours() {
    return links.stream().flatMap(link -> link.neighbour.stream()).distinct().toList();
  }

  /** Weights of one unit, over all of them that count. */
  int depth() {
    return links.stream().mapToInt(link -> link.otherUnits * link.positions).sum();
  }

  /** Writes the weights of A's units into the rows of {@code [size, depth]}. */
  void packReference(Weights a, Tensor rows) {
    int column = 0;
    for (ScoreLink link : links) {
      link.packRowsOf(a, Permutation.identity(link.otherUnits), panel(rows), column);
      column += link.otherUnits * link.positions;
    }
  }

  /** The same of B's units, whose weights stand in the order of their neighbours' slots. */
  void packOther(Weights b, List<Permutation> permutations, Tensor rows) {
    int column = 0;
    for (ScoreLink link : links) {
      link.packRowsOf(b, link.now(permutations), panel(rows), column);
      column += link.otherUnits * link.positions;
    }
  }

  private static ScoreLink.Panel panel(Tensor rows) {
    return new ScoreLink.Panel(rows.values(), rows.dimension(1));
  }

  /** The next update computes everything afresh. */
  void reset() {
    empty = true;
    links.forEach(ScoreLink::reset);
  }

  /** The two models and the permutations of all groups; which groups count. */
  record Situation(Weights a, Weights b, List<Permutation> permutations, boolean[] anchored) {}

  /**
   * Brings the scores up to date with the permutations of the anchored neighbours. Does nothing if
   * none of their units moved since the last update.
   *
   * @param scores {@code [size, size]}
   * @param retained whether {@code scores} still holds the last update; otherwise it is computed
   *     afresh
   * @param now the weights of all updates since the last reset, and the permutations
   * @param panels two panels of at least {@link #panelSize()}
   * @return which part of what counts moved since the last update, from 0 to 1
   */
  double update(Tensor scores, boolean retained, Situation now, Panels panels) {
    List<ScoreLink> counting =
        links.stream()
            .filter(link -> link.neighbour.map(group -> now.anchored()[group]).orElse(true))
            .toList();
    List<int[]> changed = counting.stream().map(link -> link.changed(now.permutations())).toList();
    double all = 0;
    double moved = 0;
    for (int i = 0; i < changed.size(); i++) {
      all += (double) counting.get(i).positions * counting.get(i).otherUnits;
      moved += (double) counting.get(i).positions * changed.get(i).length;
    }
    if (moved == 0) {
      return 0;
    }
    if (!retained && !empty) {
      reset();
      update(scores, false, now, panels);
      return moved / all;
    }
    for (boolean wide : new boolean[] {false, true}) {
      Pending pending = new Pending(wide, scores, now, panels);
      for (int i = 0; i < changed.size(); i++) {
        if (counting.get(i).wide == wide) {
          pending.add(counting.get(i), changed.get(i));
        }
      }
      pending.flush();
    }
    counting.forEach(link -> link.use(link.now(now.permutations())));
    return moved / all;
  }

  private void multiply(Matrix left, Matrix right, Tensor scores) {
    Gemm.multiply(left, right.transpose(), empty ? 0 : 1, scores.matrix());
    empty = false;
  }

  /** Two panels of native memory that products are packed into. */
  record Panels(FloatBuffer left, FloatBuffer right) {}

  /** Columns that wait for the panel to be full: small links share one product. */
  private final class Pending {
    private final boolean wide;
    private final Tensor scores;
    private final Situation situation;
    private final Panels panels;
    private final List<ScoreLink> links = new ArrayList<>();
    private final List<ScoreLink.Slots> slots = new ArrayList<>();
    private int depth;

    Pending(boolean wide, Tensor scores, Situation situation, Panels panels) {
      this.wide = wide;
      this.scores = scores;
      this.situation = situation;
      this.panels = panels;
    }

    void add(ScoreLink link, int[] changed) {
      if (changed.length == link.otherUnits
          && link.isSubmatrix()
          && (long) link.otherUnits * link.positions * SHALLOW >= size) {
        addWhole(link, changed);
        return;
      }
      for (int from = 0; from < changed.length; ) {
        int room = (panelDepth - depth) / link.positions;
        if (room == 0) {
          flush();
          continue;
        }
        int count = Math.min(room, changed.length - from);
        links.add(link);
        slots.add(new ScoreLink.Slots(changed, from, count));
        depth += count * link.positions;
        from += count;
      }
    }

    /** All units of the neighbour: A is read where it is, and B too if in its own order. */
    private void addWhole(ScoreLink link, int[] changed) {
      Permutation now = link.now(situation.permutations());
      int step = panelDepth / link.positions;
      boolean whole = link.addsSubmatrix(now, 0, changed.length);
      if (whole) {
        step = changed.length;
      }
      for (int from = 0; from < changed.length; from += step) {
        int count = Math.min(step, changed.length - from);
        Matrix left = link.submatrix(situation.a(), from, count);
        if (whole) {
          multiply(left, link.submatrix(situation.b(), from, count), scores);
        } else {
          flush();
          int columns = count * link.positions;
          ScoreLink.Panel panel = panel(panels.right(), columns);
          link.packChange(situation.b(), new ScoreLink.Slots(changed, from, count), now, panel, 0);
          multiply(left, matrix(panel, columns), scores);
        }
      }
    }

    void flush() {
      if (depth == 0) {
        return;
      }
      ScoreLink.Panel left = panel(panels.left(), depth);
      ScoreLink.Panel right = panel(panels.right(), depth);
      int column = 0;
      for (int i = 0; i < links.size(); i++) {
        ScoreLink link = links.get(i);
        link.packReference(situation.a(), slots.get(i), left, column);
        link.packChange(
            situation.b(), slots.get(i), link.now(situation.permutations()), right, column);
        column += slots.get(i).count() * link.positions;
      }
      multiply(matrix(left, depth), matrix(right, depth), scores);
      links.clear();
      slots.clear();
      depth = 0;
    }

    private ScoreLink.Panel panel(FloatBuffer values, int columns) {
      return new ScoreLink.Panel(values, wide ? size : columns);
    }

    /** {@code [size, columns]}. */
    private Matrix matrix(ScoreLink.Panel panel, int columns) {
      return wide
          ? Matrix.of(panel.values().slice(0, size * columns), columns, size).transpose()
          : Matrix.of(panel.values().slice(0, size * columns), size, columns);
    }
  }
}
