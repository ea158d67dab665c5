import Datasets
import Files
import Foundation
import MessagePassing
import Messages
import Tensors

/// Examines a job before a big run: `akuru doctor`. Collective; rank 0 gets the diagnosis.
///
/// - Parameters:
///   - data: a data set as for `--train`; nil skips this check.
///   - runDir: the run directory that rank 0 will write; nil skips this check.
package func examine(
  data: String?, _ reading: ReadingOptions, runDir: String?, over communicator: Communicator
) throws -> Diagnosis? {
  BLAS.useOneThread()
  let probe = try communicator.fromRankZero { runDir.map(RunDirectoryProbe.init) }
  defer { if communicator.rank == 0 { probe?.remove() } }
  var facts = RankFacts.here(
    rank: communicator.rank, host: communicator.hostName, diskPath: probe?.folder ?? ".")
  if let probe, probe.error == nil { facts.seesRunDirectory = probe.isSeen }
  if let data {
    do {
      let dataSet = try DataSet.load(data, reading, allowsWeights: true)
      (facts.dataFingerprint, facts.dataRecords) = (dataSet.fingerprint, dataSet.records.count)
    } catch {
      facts.dataError = "\(error)"
    }
  }
  // The latency, and the size of some million gradients.
  let allreduce = communicator.size > 1 ? try AllreduceBenchmark(sizes: [8, 1 << 22], over: communicator).run() : nil
  let offset = try communicator.clockOffset { Int64(Date().timeIntervalSince1970 * 1e9) }
  facts.clockSeconds = Double(offset) * 1e-9
  let all = try communicator.gather(Array(try RunJSON.line(facts).utf8))
  try communicator.barrier()
  guard communicator.rank == 0 else { return nil }
  let ranks = all.enumerated().map { rank, bytes -> RankFacts in
    if let facts = try? RunJSON.decode(RankFacts.self, from: String(decoding: bytes, as: UTF8.self)) { return facts }
    var unknown = RankFacts()
    (unknown.rank, unknown.host, unknown.version) = (rank, "unknown", "one that this Akuru does not understand")
    return unknown
  }
  return Diagnosis(ranks, allreduce: allreduce, runDirectoryError: probe?.error)
}

/// A file that rank 0 writes into the run directory or its nearest existing parent, and that the other ranks look for.
private struct RunDirectoryProbe: Codable {
  /// The run directory, or its nearest existing parent.
  let folder: String
  let path: String
  let contents: String
  /// The error if it cannot be written.
  let error: String?

  init(_ runDir: String) {
    var url = URL(fileURLWithPath: runDir).standardizedFileURL
    var isFolder: ObjCBool = false
    while url.path != "/", !FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) {
      url.deleteLastPathComponent()
    }
    folder = url.path
    contents = "\(UInt64.random(in: 0 ... .max))"
    path = "\(folder)/.akuru-doctor-\(contents)"
    do {
      guard isFolder.boolValue || folder == "/" else { throw FileError("write to", folder, code: ENOTDIR) }
      let file = try OpenFile(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, action: "write to the run directory:")
      try file.write(Array(contents.utf8))
      try file.synchronize()
      error = nil
    } catch {
      self.error = "\(error)"
    }
  }

  var isSeen: Bool { (try? String(contentsOfFile: path, encoding: .utf8)) == contents }

  func remove() { unlink(path) }
}
