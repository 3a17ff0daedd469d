package org.rebasin.model.tensor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * Names to OpenBLAS the kernels that this processor runs. Left to itself, this version knows
 * processors by their model numbers, and on any newer than itself (Emerald Rapids, Raptor Lake)
 * falls back to kernels for SSE3, with which products take about three times as long; later
 * versions look at what the processor can do, as is done here (OpenBLAS, pull request 4268).
 */
final class BlasKernels {
  /** By which OpenBLAS lets itself be told; whoever sets it has the last word. */
  static final String VARIABLE = "OPENBLAS_CORETYPE";

  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

  /** The environment of native libraries, for as long as the process lives. */
  private static PointerPointer<Pointer> environment;

  private static BytePointer entry;

  private BlasKernels() {}

  /**
   * Has to come before OpenBLAS is loaded. Does nothing where the environment names kernels, and
   * elsewhere than on Linux on x86-64.
   */
  static synchronized void choose() {
    if (environment != null
        || System.getenv(VARIABLE) != null
        || !Loader.getPlatform().startsWith("linux-x86_64")
        || !Files.isReadable(PROCESSORS)) {
      return;
    }
    try {
      of(Files.readAllLines(PROCESSORS)).ifPresent(BlasKernels::name);
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot read " + PROCESSORS, problem);
    }
  }

  /**
   * The best kernels for the first of the processors that Linux tells of; empty if it has no AVX2,
   * and OpenBLAS knows all of those.
   */
  static Optional<String> of(List<String> processors) {
    Set<String> flags = Set.copyOf(Arrays.asList(value(processors, "flags").split("\\s+")));
    if (flags.containsAll(Set.of("avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"))) {
      return Optional.of(flags.contains("avx512_bf16") ? "COOPERLAKE" : "SKYLAKEX");
    }
    if (flags.containsAll(Set.of("avx2", "fma"))) {
      return Optional.of(value(processors, "vendor_id").equals("GenuineIntel") ? "HASWELL" : "ZEN");
    }
    return Optional.empty();
  }

  private static String value(List<String> processors, String key) {
    return processors.stream()
        .map(line -> line.split(":", 2))
        .filter(line -> line.length == 2 && line[0].strip().equals(key))
        .map(line -> line[1].strip())
        .findFirst()
        .orElse("");
  }

  /**
   * Adds the variable to what {@code getenv} of the C library looks at, which Java by itself cannot
   * do. The list is a new one: who reads the old one meanwhile reads on.
   */
  private static void name(String kernels) {
    Loader.load(Pointer.class);
    PointerPointer<Pointer> variable = new PointerPointer<>(Loader.addressof("environ"));
    PointerPointer<Pointer> before = new PointerPointer<>(variable.get(0));
    int entries = 0;
    while (before.get(entries) != null) {
      entries++;
    }
    entry = new BytePointer(VARIABLE + "=" + kernels);
    environment = new PointerPointer<>(entries + 2);
    for (int i = 0; i < entries; i++) {
      environment.put(i, before.get(i));
    }
    environment.put(entries, entry);
    environment.put(entries + 1, (Pointer) null);
    variable.put(0, environment);
  }
}
