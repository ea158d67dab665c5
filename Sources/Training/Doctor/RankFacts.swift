import Foundation
import MessagePassing
import Hashing
import Tensors

/// What one rank can say of its process and its machine: a row of `akuru doctor`.
public struct RankFacts: Codable, Sendable, Equatable {
  public var rank = 0
  public var host = ""
  public var version = akuruVersion
  /// The start of the SHA-256 of the program's file.
  public var build = ""
  /// Cores that this process may run on, each by the number of its first hardware thread.
  public var cores: [Int] = []
  /// Cores of the machine.
  public var machineCores = 0
  /// Kernels that OpenBLAS uses, and how it was built.
  public var kernels = ""
  public var openBLAS = ""
  public var processor = ""
  /// Of the instruction sets that matter here.
  public var features: [String] = []
  public var memoryMegabytes = 0
  public var freeMemoryMegabytes = 0
  /// On the file system of the run directory, or of the current folder.
  public var freeDiskMegabytes = 0
  /// How far this machine's clock is ahead of rank 0's.
  public var clockSeconds = 0.0
  /// `DataSet.fingerprint` of the data, and its records.
  public var dataFingerprint: String?
  public var dataRecords: Int?
  /// Why the data cannot be read.
  public var dataError: String?
  /// Whether the file that rank 0 wrote into the run directory is seen here.
  public var seesRunDirectory: Bool?

  public init() {}

  /// This process on this machine, without what is asked about data and other ranks.
  static func here(rank: Int, host: String, diskPath: String) -> RankFacts {
    var facts = RankFacts()
    (facts.rank, facts.host) = (rank, host)
    facts.build = programHash() ?? "unknown"
    (facts.kernels, facts.openBLAS) = (BLAS.coreName, BLAS.configuration)
    facts.cores = Processors.allowedCores()
    facts.machineCores = Processors.onlineCoreCount()
    (facts.processor, facts.features) = Processors.description()
    let memory = values(in: "/proc/meminfo")
    facts.memoryMegabytes = (memory["MemTotal"] ?? 0) / 1024
    facts.freeMemoryMegabytes = (memory["MemAvailable"] ?? 0) / 1024
    var disk = statvfs()
    if statvfs(diskPath, &disk) == 0 {
      facts.freeDiskMegabytes = Int(clamping: (UInt64(disk.f_bavail) * UInt64(disk.f_frsize)) >> 20)
    }
    return facts
  }

  private static func programHash() -> String? {
    guard let path = Bundle.main.executablePath,
      let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    else { return nil }
    return data.withUnsafeBytes { hexadecimal(SHA256.hash($0).prefix(6)) }
  }

  /// The lines "NAME: NUMBER kB" of a file.
  private static func values(in path: String) -> [String: Int] {
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    let pairs = text.split(separator: "\n").compactMap { line -> (String, Int)? in
      let parts = line.split(whereSeparator: { $0 == ":" || $0 == " " })
      return parts.count > 1 ? Int(parts[1]).map { (String(parts[0]), $0) } : nil
    }
    return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
  }
}

extension Processors {
  /// Name, and what it can do of what Akuru's and OpenBLAS's kernels are built for.
  fileprivate static func description() -> (name: String, features: [String]) {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    func field(_ name: String) -> Substring? {
      text.split(separator: "\n").first { $0.hasPrefix(name) }?.split(separator: ":", maxSplits: 1).last
    }
    let flags = Set((field("flags") ?? "").split(separator: " "))
    let known = ["avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16"].filter { flags.contains(Substring($0)) }
    return ((field("model name") ?? "").trimmingCharacters(in: .whitespaces), known)
  }
}
