import Datasets
import Files
import Foundation
import Hashing
import MessagePassing
import Messages
import Tensors

/// The facts about one rank's process and machine: a row of `akuru doctor`.
package struct RankFacts: Codable, Sendable, Equatable {
  package var rank = 0
  package var host = ""
  package var version = akuruVersion
  /// The start of the SHA-256 of the program's file.
  package var build = ""
  /// Cores that this process may run on, each by the number of its first hardware thread.
  package var cores: [Int] = []
  /// Cores of the machine.
  package var machineCores = 0
  /// Kernels that OpenBLAS uses, and how it was built.
  package var kernels = ""
  package var openBLAS = ""
  /// Versions of the other libraries that decide bits.
  package var libraries = ""
  package var processor = ""
  /// The relevant instruction sets of the CPU.
  package var features: [String] = []
  package var memoryMegabytes = 0
  package var freeMemoryMegabytes = 0
  /// Free space on the file system of the run directory, or of the current folder.
  package var freeDiskMegabytes = 0
  /// How far this machine's clock is ahead of rank 0's.
  package var clockSeconds = 0.0
  /// `DataSet.fingerprint` of the data, and its number of records.
  package var dataFingerprint: String?
  package var dataRecords: Int?
  /// Why the data cannot be read.
  package var dataError: String?
  /// Whether the file that rank 0 wrote into the run directory is visible here.
  package var seesRunDirectory: Bool?

  package init() {}

  /// The facts of this process and machine, except those about data and other ranks.
  static func here(rank: Int, host: String, diskPath: String) -> RankFacts {
    var facts = RankFacts()
    (facts.rank, facts.host) = (rank, host)
    facts.build = programHash() ?? "unknown"
    (facts.kernels, facts.openBLAS) = (BLAS.coreName, BLAS.configuration)
    facts.libraries = LibraryVersions.all.map { "\($0.name) \($0.value)" }.joined(separator: "; ")
    facts.cores = Processors.allowedCores()
    facts.machineCores = Processors.onlineCoreCount()
    (facts.processor, facts.features) = Processors.description()
    let memory = values(in: "/proc/meminfo")
    facts.memoryMegabytes = (memory["MemTotal"] ?? 0) / 1024
    facts.freeMemoryMegabytes = (memory["MemAvailable"] ?? 0) / 1024
    facts.freeDiskMegabytes = ((try? freeBytes(at: diskPath)) ?? 0) >> 20
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
  /// The name of the CPU, and those of its features that Akuru's and OpenBLAS's kernels use.
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
