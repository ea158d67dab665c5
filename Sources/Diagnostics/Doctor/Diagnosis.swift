import DataPreparation
import Datasets
import Foundation
import Messages
import Training

/// The problems of a job, from the facts of its ranks.
package struct Diagnosis: Encodable, Sendable {
  /// A problem. An error would stop a training or make it uselessly slow; a warning is worth checking.
  package struct Finding: Encodable, Sendable, Equatable {
    package enum Severity: String, Encodable, Sendable { case error, warning }
    package let severity: Severity
    /// The problem.
    package let text: String
    /// The remedy.
    package let remedy: String
  }

  package let ranks: [RankFacts]
  package let allreduce: AllreduceBenchmark.Result?
  package internal(set) var findings: [Finding] = []

  /// Whether there is no error.
  package var isReady: Bool { !findings.contains { $0.severity == .error } }

  /// - Parameter runDirectoryError: why rank 0 cannot write into the run directory.
  package init(_ ranks: [RankFacts], allreduce: AllreduceBenchmark.Result?, runDirectoryError: String? = nil) {
    (self.ranks, self.allreduce) = (ranks, allreduce)
    compare("Akuru's version", \.version, "install the same Akuru on all machines")
    compare("the program's file", \.build, "copy one build to all machines, or build on one with the same compiler")
    compare(
      "the OpenBLAS kernels", \.kernels, "set one for all: mpirun -x OPENBLAS_CORETYPE=Haswell, or use Launch/akuru-run"
    )
    compare("the build of OpenBLAS", \.openBLAS, "install the same libopenblas on all machines")
    compare("the libraries that decide bits", \.libraries, LibraryVersions.remedy)
    for host in hosts { checkCores(host, ranks.filter { $0.host == host }) }
    checkData()
    checkRunDirectory(runDirectoryError)
    for facts in ranks where abs(facts.clockSeconds) > 1 {
      add(
        .warning,
        "the clock of \(facts.host) (rank \(facts.rank)) is \(facts.clockSeconds.formatted(decimals: 1)) s off",
        "let NTP set the clocks, so that logs can be compared")
    }
    for host in hosts {
      guard let facts = ranks.first(where: { $0.host == host }) else { continue }
      if facts.freeMemoryMegabytes < 512 * ranks.count(where: { $0.host == host }) {
        add(
          .warning, "\(host) has \(facts.freeMemoryMegabytes) MB of free memory, less than 512 MB a rank",
          "end other jobs, or use fewer ranks there")
      }
    }
  }

  /// Host names in the order of ranks.
  private var hosts: [String] {
    ranks.map(\.host).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  private mutating func add(_ severity: Finding.Severity, _ text: String, _ remedy: String) {
    findings.append(Finding(severity: severity, text: text.onOneLine, remedy: remedy))
  }

  /// An error if not all ranks have the same value.
  private mutating func compare(_ name: String, _ value: (RankFacts) -> String, _ remedy: String) {
    guard let first = ranks.first, let other = ranks.first(where: { value($0) != value(first) }) else { return }
    let more = ranks.count { value($0) != value(first) } - 1
    add(
      .error,
      "ranks differ in \(name): rank \(first.rank) on \(first.host) has \(value(first)), rank \(other.rank) on "
        + "\(other.host) has \(value(other))\(more > 0 ? ", \(more) more differ" : "")", remedy)
  }

  /// Checks that every rank can have its own core.
  private mutating func checkCores(_ host: String, _ ranks: [RankFacts]) {
    let served = Diagnosis.coresOfTheirOwn(ranks.map(\.cores))
    let all = Set(ranks.flatMap(\.cores)).sorted()
    if served < ranks.count {
      add(
        .error,
        "\(host): \(ranks.count) ranks share \(counted(served, "core")) (\(all.map(String.init).joined(separator: ", ")))",
        "start at most one rank for each core, with mpirun --map-by core --bind-to core; the machine has "
          + counted(ranks[0].machineCores, "core"))
    } else if ranks.count > 1, ranks.contains(where: { $0.cores.count > 1 }) {
      add(
        .warning, "\(host): ranks are not bound to one core each, and may disturb each other",
        "give mpirun --map-by core --bind-to core")
    }
  }

  /// The largest number of ranks that can have separate cores at the same time: a maximum matching.
  package static func coresOfTheirOwn(_ allowed: [[Int]]) -> Int {
    var owner: [Int: Int] = [:]
    func serve(_ rank: Int, _ seen: inout Set<Int>) -> Bool {
      for core in allowed[rank] where seen.insert(core).inserted {
        if let other = owner[core], !serve(other, &seen) { continue }
        owner[core] = rank
        return true
      }
      return false
    }
    return allowed.indices.count { rank in
      var seen: Set<Int> = []
      return serve(rank, &seen)
    }
  }

  private mutating func checkData() {
    if let facts = ranks.first(where: { $0.dataError != nil }), let reason = facts.dataError {
      let others = ranks.count { $0.dataError != nil } - 1
      add(
        .error,
        "rank \(facts.rank) on \(facts.host)\(others > 0 ? " and \(others) more" : "") cannot read the data: \(reason)",
        "every machine needs the data under the same path")
    } else {
      compare("the data", { $0.dataFingerprint ?? "" }, "copy the same files to all machines")
    }
  }

  private mutating func checkRunDirectory(_ error: String?) {
    if let error {
      add(.error, error, "choose another --run-dir, or mend its permissions on the machine of rank 0")
    } else if let facts = ranks.first(where: { $0.seesRunDirectory == false }) {
      add(
        .warning, "rank \(facts.rank) on \(facts.host) does not see the run directory that rank 0 writes",
        "put it on a file system that all machines share, or a run can go on only where rank 0 is on the same machine")
    }
  }
}

extension Diagnosis {
  /// The table and a verdict.
  package var lines: [String] {
    var table = TextTable(
      "rank", "host", "cores", "of", "kernels", "memory free", "disk free", "clock", "version", "build")
    for facts in ranks {
      let cores =
        facts.cores.count > 4 ? counted(facts.cores.count, "core") : facts.cores.map(String.init).joined(separator: ",")
      table.append(
        "\(facts.rank)", facts.host.onOneLine, cores, "\(facts.machineCores)", facts.kernels,
        "\(gigabytes(facts.freeMemoryMegabytes)) of \(gigabytes(facts.memoryMegabytes)) GB",
        "\(gigabytes(facts.freeDiskMegabytes)) GB", "\((facts.clockSeconds * 1e3).formatted(decimals: 1)) ms",
        facts.version, facts.build)
    }
    var lines = table.lines
    for host in hosts {
      guard let facts = ranks.first(where: { $0.host == host }) else { continue }
      lines.append("\(host.onOneLine): \(facts.processor), \(facts.features.joined(separator: " "))")
    }
    if let allreduce {
      lines.append(
        "allreduce over \(counted(allreduce.ranks, "rank")) on \(counted(allreduce.machines, "machine")): "
          + allreduce.sizes.map {
            "\($0.bytes) bytes in \($0.microseconds.formatted(decimals: 0)) µs (\($0.gigabytesPerSecond.formatted(decimals: 3)) GB/s)"
          }.joined(separator: ", "))
    }
    if let records = ranks.first?.dataRecords, !findings.contains(where: { $0.text.contains("the data") }) {
      lines.append("data: \(records) records, the same on all ranks")
    }
    if ranks.allSatisfy({ $0.seesRunDirectory == true }) { lines.append("run directory: the same on all ranks") }
    let usual = BatchSettings()
    if usual.idle(ranks: ranks.count) > 0 {
      lines.append(
        "work: the usual batch has work for \(counted(usual.microBatches, "rank")) of \(ranks.count): "
          + BatchProposal.advice(ranks: ranks.count, for: usual))
    }
    for finding in findings { lines.append("\(finding.severity.rawValue): \(finding.text); \(finding.remedy)") }
    let (errors, warnings) = (findings.count { $0.severity == .error }, findings.count { $0.severity == .warning })
    let tail = warnings > 0 ? ", \(counted(warnings, "warning"))" : ""
    lines.append(isReady ? "verdict: ready\(tail)" : "verdict: not ready, \(counted(errors, "error"))\(tail)")
    return lines
  }

  private func gigabytes(_ megabytes: Int) -> String { (Double(megabytes) / 1024).formatted(decimals: 1) }
}
