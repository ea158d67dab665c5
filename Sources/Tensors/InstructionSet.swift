import COpenBLAS
import Glibc

/// Which of their kernels Akuru and OpenBLAS use. Bits are promised within one family of OpenBLAS's kernels, so Akuru's own
/// follow from that family.
public enum InstructionSet {
  /// Whether the CPU has AVX-512.
  public static var hasWideRegisters: Bool { akuru_cpu() == akuru_avx512_cpu }

  private static let wideFamilies: Set = ["SkylakeX", "Cooperlake", "SapphireRapids"]
  private static let families = wideFamilies.union(["Haswell", "Zen", "Excavator"])

  /// Whether Akuru's own kernels use the registers of AVX-512: where OpenBLAS does, and in code that is compiled for it.
  public static let isWide: Bool = {
    #if arch(x86_64)
      return akuru_is_wide == 1 || (wideFamilies.contains(BLAS.coreName) && hasWideRegisters)
    #else
      return false
    #endif
  }()

  /// OpenBLAS kernels that this CPU can run, when OpenBLAS does not know the CPU and took some from before AVX2.
  ///
  /// It knows CPUs by their numbers: that of Debian 12 (0.3.21) takes those for SSE3 on Intel's Emerald Rapids, a fifth as fast.
  public static var overlookedKernels: String? {
    guard BLAS.configuration.contains("DYNAMIC_ARCH"), !families.contains(BLAS.coreName) else { return nil }
    return switch akuru_cpu() {
    case Int32(akuru_avx512_cpu): "SkylakeX"
    case Int32(akuru_avx2_cpu): "Haswell"
    default: nil
    }
  }

  /// Starts the program anew, in this process, with ``overlookedKernels``: OpenBLAS chooses when it is loaded. Returns when
  /// there are none, or `OPENBLAS_CORETYPE` is set. To be called first of all.
  public static func restartWithOverlookedKernels() {
    guard getenv("OPENBLAS_CORETYPE") == nil, let kernels = overlookedKernels else { return }
    setenv("OPENBLAS_CORETYPE", kernels, 1)
    execv("/proc/self/exe", CommandLine.unsafeArgv)
  }
}
