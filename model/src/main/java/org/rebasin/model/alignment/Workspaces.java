package org.rebasin.model.alignment;

import java.nio.FloatBuffer;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.rebasin.model.permutation.DriftedAssignment;
import org.rebasin.model.permutation.LinearAssignmentSolver;
import org.rebasin.model.tensor.Tensor;

/**
 * Buffers that visits need while they run, for any number of descents: as many as visits run at the
 * same time. No result depends on which of them a visit uses. Thread-safe, but for closing.
 */
final class Workspaces implements AutoCloseable {
  private final Queue<Workspace> idle = new ConcurrentLinkedQueue<>();

  /** Runs work with a workspace that nobody else uses meanwhile. */
  <T> T with(Function<Workspace, T> work) {
    Workspace free = idle.poll();
    Workspace workspace = free == null ? new Workspace() : free;
    try {
      return work.apply(workspace);
    } finally {
      idle.add(workspace);
    }
  }

  /** Frees all buffers; none may be in use. */
  @Override
  public void close() {
    idle.forEach(Workspace::close);
    idle.clear();
  }

  /** What one visit needs; grows with the largest group. */
  static final class Workspace implements AutoCloseable {
    private final LinearAssignmentSolver solver = new LinearAssignmentSolver();
    private final DriftedAssignment drifted = new DriftedAssignment();
    private final Growing left = new Growing();
    private final Growing right = new Growing();
    private final Growing scores = new Growing();

    LinearAssignmentSolver solver() {
      return solver;
    }

    DriftedAssignment drifted() {
      return drifted;
    }

    GroupScores.Panels panels(int size) {
      return new GroupScores.Panels(left.atLeast(size), right.atLeast(size));
    }

    /** {@code [size, size]}, of any values: for groups whose scores are not kept. */
    Tensor scores(int size) {
      return Tensor.over(scores.atLeast(size * size).slice(0, size * size), size, size);
    }

    @Override
    public void close() {
      left.close();
      right.close();
      scores.close();
    }
  }

  /** Native memory that is replaced when it is too small. */
  private static final class Growing implements AutoCloseable {
    private Optional<Tensor> memory = Optional.empty();

    FloatBuffer atLeast(int size) {
      if (memory.isEmpty() || memory.get().size() < size) {
        close();
        memory = Optional.of(Tensor.allocate(size));
      }
      return memory.get().values();
    }

    @Override
    public void close() {
      memory.ifPresent(Tensor::close);
    }
  }
}
