import COpenBLAS

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Which of their kernels Akuru and OpenBLAS use. Bits are promised within one family of OpenBLAS's kernels, so Akuru's own
/// follow from that family.
public enum InstructionSet {
  private static let wideFamilies: Set = ["skylakex", "cooperlake", "sapphirerapids"]
  private static let familiesBeforeAVX2: Set = [
    "prescott", "banias", "atom", "core2", "penryn", "dunnington", "nehalem", "sandybridge", "athlon", "opteron",
    "opteron_sse3", "barcelona", "bobcat", "bulldozer", "piledriver", "steamroller", "nano",
  ]

  /// Whether the CPU has AVX-512.
  public static var hasWideRegisters: Bool { akuru_cpu() == akuru_avx512_cpu }

  /// Whether Akuru's own kernels use the registers of AVX-512: where OpenBLAS's do.
  public static let isWide = wideFamilies.contains(BLAS.coreName.lowercased()) && hasWideRegisters

  /// OpenBLAS kernels that this CPU can run, when OpenBLAS does not know the CPU and took some from before AVX2.
  ///
  /// It knows CPUs by their numbers: that of Debian 12 (0.3.21) takes those for SSE3 on Intel's Emerald Rapids, a fifth as fast.
  public static var overlookedKernels: String? {
    guard BLAS.configuration.contains("DYNAMIC_ARCH"), familiesBeforeAVX2.contains(BLAS.coreName.lowercased()) else {
      return nil
    }
    return switch akuru_cpu() {
    case Int32(akuru_avx512_cpu): "SkylakeX"
    case Int32(akuru_avx2_cpu): "Haswell"
    default: nil
    }
  }

  /// Starts the program anew, in this process, with ``overlookedKernels``: OpenBLAS chooses when it is loaded. Returns when
  /// there are none, `OPENBLAS_CORETYPE` says which to use, or the program cannot be started, which it says. To be called
  /// first of all.
  public static func restartWithOverlookedKernels() {
    #if os(Linux) && arch(x86_64)
      let variable = "OPENBLAS_CORETYPE"
      guard getenv(variable).map({ $0.pointee == 0 }) ?? true, let kernels = overlookedKernels else { return }
      setenv(variable, kernels, 1)
      // By its own name, which the process is then called by.
      if let path = realpath("/proc/self/exe", nil) {
        execv(path, CommandLine.unsafeArgv)
        free(path)
      }
      execv("/proc/self/exe", CommandLine.unsafeArgv)
      unsetenv(variable)
      let message = "akuru: OpenBLAS uses slow kernels (\(BLAS.coreName)); set OPENBLAS_CORETYPE=\(kernels)\n"
      _ = message.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    #endif
  }
}
