import Console
import Datasets
import Files
import Foundation
import Instrumentation
import MessagePassing
import Messages

/// The output of `akuru lines --json`.
package struct CutLinesSummary: Encodable, Sendable {
  package let pages: Int
  package let lines: Int
  /// Lines that were left out as bad.
  package let bad: Int
  /// Lines without text or area, and whatever else is no record.
  package let leftOut: Int
}

/// Writes the lines of pages as pairs of an image and a text: `akuru lines`. Each page has a folder in the output, in which lines have
/// their number and name: `PAGE/0001-LINE.png` and `.gt.txt`. Each rank cuts a share of the pages. The output appears when it is
/// complete. Collective.
///
/// - Throws: `DataSetError`, also for lines that cannot be cut, unless `skipBad`; `ConfigurationError` and `FileError`.
package func cutLines(
  _ argument: String, _ reading: ReadingOptions, output: String, skipBad: Bool, over communicator: Communicator,
  log: RunLog
) throws -> CutLinesSummary {
  let output = output.count > 1 && output.hasSuffix("/") ? String(output.dropLast()) : output
  let whole = try communicator.together {
    guard !output.isEmpty else { throw ConfigurationError("--output is empty: give a folder for the lines") }
    if let names = try? folderContents(output), !names.isEmpty {
      throw ConfigurationError("--output \(output): is not empty; choose another folder, or remove it")
    }
    let dataSet = try DataSet.load(argument, reading)
    guard dataSet.records.contains(where: { $0.page != nil }) else {
      if let bad = dataSet.records.first(where: { $0.form == .xml }) {
        throw DataSetError.badImage(path: bad.absolutePath, reason: bad.fault ?? "it holds no line")
      }
      throw DataSetError.invalid(
        reason: "\(argument): holds no lines of pages; give PAGE-XML or ALTO files, or folders of them")
    }
    return dataSet
  }
  let others = whole.records.indices.filter { whole.records[$0].page == nil && whole.records[$0].fault == nil }
  let dataSet = whole.removing(others)
  if communicator.rank == 0 {
    for note in dataSet.notes { log.logger().warning("\(note)") }
    if !others.isEmpty {
      log.logger().warning("left out: \(counted(others.count, "image")) of their own, which are no lines of pages")
    }
  }
  let draft = try communicator.together { communicator.rank == 0 ? try FolderDraft(beside: output) : nil }
  let folder = String(decoding: try communicator.broadcast(draft.map { Array($0.path.utf8) }), as: UTF8.self)
  let share = dataSet.share(communicator.rank, of: communicator.size, in: dataSet.records.indices)
  let progress = WorkProgress("cutting lines", total: share.count, ranks: communicator.size, log)
  defer { progress.finish() }
  let bad = try communicator.together {
    try LineFiles(dataSet, folder: folder).write(share) {
      progress.tick()
      return Heartbeat.goesOn()
    }
  }
  try communicator.leaveIfStopIsRequested()
  let faults = try communicator.allGather(Array(bad.joined(separator: "\n").utf8))
    .flatMap { String(decoding: $0, as: UTF8.self).split(separator: "\n").map(String.init) }
  try communicator.together {
    if !skipBad, let first = faults.first {
      let more = faults.count > 1 ? " (and \(faults.count - 1) more such lines)" : ""
      throw DataSetError.invalid(reason: "\(first)\(more); mend it, or leave such lines out with --skip-bad")
    }
    try draft?.publish(as: output)
  }
  if communicator.rank == 0 { for fault in faults { log.logger().warning("left out: \(fault)") } }
  let pages = Set(dataSet.records.compactMap { $0.page.map(ObjectIdentifier.init) }).count
  return CutLinesSummary(
    pages: pages, lines: dataSet.records.count - faults.count, bad: faults.count,
    leftOut: dataSet.leftOut.count { $0.kind.leavesOut } + others.count)
}

/// The files of lines of pages.
private struct LineFiles {
  private let dataSet: DataSet
  private let folder: String
  /// The number of each record in the folder of its page.
  private let numbers: [Int]

  init(_ dataSet: DataSet, folder: String) {
    (self.dataSet, self.folder) = (dataSet, folder)
    // By the place of the page: a.xml and a.XML have the same.
    var counts: [[UInt8]: Int] = [:]
    numbers = dataSet.records.map { record in
      let place = Array(LineFiles.place(record, of: dataSet).utf8)
      counts[place, default: 0] += 1
      return counts[place] ?? 0
    }
  }

  /// Writes the lines of some records.
  /// - Returns: what is wrong with those that cannot be cut, one line each.
  func write(_ range: Range<Int>, while goesOn: () -> Bool) throws -> [String] {
    let images = RecordImages()
    var bad: [String] = []
    for index in range {
      guard goesOn() else { break }
      let record = dataSet.records[index]
      let image: [UInt8]
      do throws(DataSetError) {
        guard !record.text.contains(where: \.isNewline) else {
          throw .badImage(path: record.absolutePath, reason: "its text has a line break; make it one line")
        }
        image = try images.file(of: record)
      } catch {
        if error.isOfMachine { throw error }
        bad.append(error.description)
        continue
      }
      let number = String(numbers[index])
      let zeros = String(repeating: "0", count: max(0, 4 - number.utf8.count))
      let stem =
        "\(folder)/\(LineFiles.place(record, of: dataSet))/\(zeros)\(number)-\(LineFiles.safe(record.line?.id ?? "line"))"
      try createFolder(of: stem)
      try WholeFile.write(image, to: stem + ".png")
      try WholeFile.write(Array((record.text + "\n").utf8), to: stem + ".gt.txt")
    }
    return bad
  }

  /// The folder of a record's page in the output: the path of its file, behind the number of the data set if there are several.
  /// A path that leads out of the data set's folder does not lead out of the output.
  private static func place(_ record: Record, of dataSet: DataSet) -> String {
    let parts = (record.line?.page ?? record.path).split(separator: "/").filter { $0 != ".." && $0 != "." }
    let page = parts.joined(separator: "/")
    let stem = page.lowercased().hasSuffix(".xml") ? String(page.dropLast(4)) : page
    return dataSet.folders.count > 1 ? "\(record.source)/\(stem)" : stem
  }

  /// A name without what a path or a shell would take for something else.
  private static func safe(_ name: String) -> String {
    let scalars = name.unicodeScalars.prefix(60).map { scalar in
      scalar.properties.isAlphabetic || scalar.properties.numericType != nil || "-_.".unicodeScalars.contains(scalar)
        ? scalar : "_"
    }
    return String(String.UnicodeScalarView(scalars))
  }
}
