import COpenBLAS

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Which of their kernels Akuru and OpenBLAS use. Bits are promised within one family of OpenBLAS's kernels, so Akuru's own
/// follow from that family.
public enum InstructionSet {
  /// OpenBLAS's families of kernels for AVX2 and AVX-512, weakest first: a CPU that can run one can run all before it. Those
  /// on one line are the same kernels.
  private static let families = [
    ["haswell", "zen", "excavator"],
    ["skylakex"],
    ["cooperlake"],
    ["sapphirerapids"],
  ]
  /// Place of the weakest family for AVX-512.
  private static let firstWideLevel = 1
  private static let familiesBeforeAVX2: Set = [
    "prescott", "banias", "atom", "core2", "penryn", "dunnington", "nehalem", "sandybridge", "athlon", "opteron",
    "opteron_sse3", "barcelona", "bobcat", "bulldozer", "piledriver", "steamroller", "nano",
  ]

  /// Whether the CPU has AVX-512.
  public static var hasWideRegisters: Bool { akuru_cpu() == akuru_avx512_cpu }

  /// Whether Akuru's own kernels use the registers of AVX-512: where OpenBLAS's do.
  public static let isWide = level(of: BLAS.coreName) >= firstWideLevel && hasWideRegisters

  /// The kernels that every CPU can run that Akuru runs on.
  #if arch(x86_64)
    public static let leastKernels = "Haswell"
  #else
    public static let leastKernels = "ARMV8"
  #endif

  /// The place of a family among ``families``; -1 if it is not there.
  private static func level(of family: String) -> Int {
    families.firstIndex { $0.contains(family.lowercased()) } ?? -1
  }

  /// The kernels for all machines of a job.
  ///
  /// - Parameters:
  ///   - names: kernels that each machine would choose. Without any, the result is `least`.
  ///   - began: kernels of the run until now, which are kept if all machines can run them.
  ///   - least: kernels that all CPUs can run.
  public static func commonKernels(
    of names: [String], began: String? = nil, least: String = leastKernels
  ) -> String {
    let names = Set(names).sorted()
    var common = names.min { level(of: $0) < level(of: $1) } ?? least
    if names.count > 1 && level(of: common) <= 0 { common = least }
    guard let began else { return common }
    let isRunByAll = began == least || 0 <= level(of: began) && level(of: began) <= level(of: common)
    return isRunByAll ? began : common
  }

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
