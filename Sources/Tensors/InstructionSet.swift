import COpenBLAS

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The kernels that Akuru and OpenBLAS use. Results are reproducible within one family of OpenBLAS's kernels, so
/// Akuru's own kernels depend on that family.
public enum InstructionSet {
  /// OpenBLAS's families of kernels for AVX2 and AVX-512, weakest first: a CPU that can run one can run all before it.
  /// Families on one line are the same kernels.
  private static let families = [
    ["haswell", "zen", "excavator"],
    ["skylakex"],
    ["cooperlake"],
    ["sapphirerapids"],
  ]
  /// Index of the weakest family for AVX-512.
  private static let firstWideLevel = 1
  private static let familiesBeforeAVX2: Set = [
    "prescott", "banias", "atom", "core2", "penryn", "dunnington", "nehalem", "sandybridge", "athlon", "opteron",
    "opteron_sse3", "barcelona", "bobcat", "bulldozer", "piledriver", "steamroller", "nano",
  ]

  /// Whether the CPU has AVX-512.
  public static var hasWideRegisters: Bool { akuru_cpu() == akuru_avx512_cpu }

  /// Whether Akuru's own kernels use the registers of AVX-512: if OpenBLAS's do.
  public static let isWide = level(of: BLAS.coreName) >= firstWideLevel && hasWideRegisters

  /// The kernels that every supported CPU can run.
  #if arch(x86_64)
    public static let leastKernels = "Haswell"
  #else
    public static let leastKernels = "ARMV8"
  #endif

  /// The index of a family in ``families``; -1 if it is not there.
  private static func level(of family: String) -> Int {
    families.firstIndex { $0.contains(family.lowercased()) } ?? -1
  }

  /// The kernels for all machines of a job.
  ///
  /// - Parameters:
  ///   - names: the kernels that each machine would choose; if empty, the result is `least`.
  ///   - began: the kernels of the run so far, which are kept if all machines can run them.
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

  /// OpenBLAS kernels that this CPU can run, if OpenBLAS does not know the CPU and chose kernels older than AVX2.
  ///
  /// OpenBLAS identifies CPUs by model numbers: version 0.3.21 (Debian 12) chooses SSE3 kernels on Intel's Emerald
  /// Rapids, which are five times slower.
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

  /// Restarts the program, in this process, with ``overlookedKernels``, since OpenBLAS chooses when it is loaded.
  /// Returns if there are none, if `OPENBLAS_CORETYPE` is set, or if the program cannot be started, which it reports.
  /// Call it first in the program.
  public static func restartWithOverlookedKernels() {
    #if os(Linux) && arch(x86_64)
      let variable = "OPENBLAS_CORETYPE"
      guard getenv(variable).map({ $0.pointee == 0 }) ?? true, let kernels = overlookedKernels else { return }
      setenv(variable, kernels, 1)
      // Uses the program's real path, which becomes the name of the process.
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
