import Datasets
import Foundation
import Logging
import Messages

/// Packs a data set into shards: `akuru pack`.
///
/// - Parameter size: bytes, or a number with K, M or G.
/// - Throws: `DataSetError` for data that cannot be packed, `ConfigurationError` for wrong options,
///   `ShardError` for shards that cannot be written.
package func packData(
  _ argument: String, _ reading: ReadingOptions, output: String, shardSize size: String, skipBad: Bool, log: Logger
) throws -> ShardPacker.Summary {
  guard let match = size.wholeMatch(of: /([1-9][0-9]{0,12})([KMG]?)/.ignoresCase()), let number = Int64(match.1) else {
    throw ConfigurationError("--shard-size \(size): give bytes, or a number with K, M or G, as in 256M")
  }
  let unit: Int64 = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30][match.2.uppercased()] ?? 1
  let (bytes, overflow) = number.multipliedReportingOverflow(by: unit)
  guard !overflow, bytes >= 1024, bytes <= 1 << 40 else {
    throw ConfigurationError("--shard-size \(size): must be from 1K to 1024G")
  }
  guard !output.isEmpty else { throw ConfigurationError("--output is empty: give a folder for the shards") }
  if let names = try? FileManager.default.contentsOfDirectory(atPath: output), !names.isEmpty {
    throw ConfigurationError("--output \(output): is not empty; choose another folder, or remove it")
  }
  let dataSet = try DataSet.load(argument, reading)
  let problems = dataSet.leftOut.filter(\.isProblem)
  if let first = problems.first {
    if !skipBad {
      let more = problems.count > 1 ? " (and \(problems.count - 1) more such files)" : ""
      throw DataSetError.invalid(reason: "\(first)\(more), or leave such files out with --skip-bad")
    }
  }
  for note in dataSet.notes { log.warning("\(note)") }
  var leftOut = 0
  let summary = try ShardPacker(output: output, shardSize: bytes).pack(dataSet) { error in
    guard skipBad && !error.isOfMachine else { return false }
    leftOut += 1
    log.warning("left out: \(error)")
    return true
  }
  if leftOut > 0 { log.warning("\(argument.onOneLine): left out \(counted(leftOut, "image"))") }
  return summary
}
