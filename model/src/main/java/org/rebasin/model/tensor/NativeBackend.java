package org.rebasin.model.tensor;

import org.bytedeco.openblas.presets.openblas_nolapack;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Loads the native libraries once, and takes their threads away: every product below is one
 * single-threaded call on a tile of fixed size, and {@link Parallel} spreads the tiles over the
 * cores. So no bit of a result depends on the number of threads, and concurrent workers do not
 * fight over the threads of a shared BLAS.
 */
final class NativeBackend {
  static {
    BlasKernels.choose();
    // ND4J sets the threads of OpenBLAS while it loads, so it must come first.
    Nd4j.getBackend();
    openblas_nolapack.blas_set_num_threads(1);
  }

  private NativeBackend() {}

  static void load() {
    // The static initialiser has run.
  }
}
