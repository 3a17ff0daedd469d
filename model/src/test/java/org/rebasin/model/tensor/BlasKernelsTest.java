package org.rebasin.model.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BlasKernelsTest {
  private static final String AVX512 = "avx512f avx512dq avx512cd avx512bw avx512vl";

  /** Multiplies, in a process of its own. */
  static final class Multiplication {
    private Multiplication() {}

    public static void main(String[] arguments) {
      try (Tensor one = Tensor.allocate(64, 64);
          Tensor other = Tensor.allocate(64, 64);
          Tensor product = Tensor.allocate(64, 64)) {
        Gemm.multiply(one.matrix(), other.matrix(), 0, product.matrix());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GenuineIntel, sse2 pni avx avx2 fma, HASWELL",
    "AuthenticAMD, sse2 pni avx avx2 fma, ZEN",
    "GenuineIntel, sse2 avx2 fma AVX512, SKYLAKEX",
    "AuthenticAMD, sse2 avx2 fma AVX512 avx512_bf16, COOPERLAKE",
    "GenuineIntel, avx2 fma avx512f avx512cd avx512er avx512pf, HASWELL",
  })
  void fitWhatTheProcessorCanDo(String vendor, String flags, String kernels) {
    assertEquals(
        Optional.of(kernels),
        BlasKernels.of(
            List.of(
                "processor\t: 0",
                "vendor_id\t: " + vendor,
                "model name\t: any",
                "flags\t\t: fpu " + flags.replace("AVX512", AVX512),
                "")));
  }

  @Test
  void areLeftToOpenBlasWithoutAvx2() {
    assertEquals(
        Optional.empty(),
        BlasKernels.of(List.of("vendor_id\t: GenuineIntel", "flags\t\t: fpu sse2 pni avx")));
    assertEquals(Optional.empty(), BlasKernels.of(List.of("Features\t: fp asimd")));
  }

  @Test
  void areThoseThatOpenBlasTakes() throws Exception {
    Path processors = Path.of("/proc/cpuinfo");
    assumeTrue(
        Files.isReadable(processors) && BlasKernels.of(Files.readAllLines(processors)).isPresent(),
        "no processor with AVX2 under Linux: not looked at which kernels are used");
    String told = coreTold(Optional.empty());
    assertTrue(told.contains("Core: "), told);
    assertFalse(told.contains("Core: Prescott"), told);
  }

  @Test
  void giveWayToTheEnvironment() throws Exception {
    assumeTrue(
        System.getProperty("os.arch").equals("amd64"),
        "not x86-64: not looked at which kernels are used");
    String told = coreTold(Optional.of("NEHALEM"));
    assertTrue(told.contains("Core: Nehalem"), told);
  }

  private static String coreTold(Optional<String> named) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Dorg.bytedeco.javacpp.platform.extension="
                + System.getProperty("org.bytedeco.javacpp.platform.extension", ""),
            "-cp",
            System.getProperty("java.class.path"),
            Multiplication.class.getName());
    builder.environment().put("OPENBLAS_VERBOSE", "2");
    builder.environment().remove(BlasKernels.VARIABLE);
    named.ifPresent(kernels -> builder.environment().put(BlasKernels.VARIABLE, kernels));
    Process process = builder.redirectErrorStream(true).start();
    String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), told);
    return told;
  }
}
