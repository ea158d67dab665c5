import Files
import Foundation
import Hashing
import Messages

/// The result of an audit in a file, so that a run that is started again decodes no image for it.
///
/// It counts only while everything that decides the result is as it was: the program and its libraries, the records, the times and sizes
/// of their files, and what the audit asks of them. Otherwise, and if the file is damaged, there is none.
///
/// The file: two lines with SHA-256 in hexadecimal, of all that decides the result and of what follows; then the ``AuditResult`` as JSON,
/// without files that are not records.
package struct RememberedAudit {
  package let path: String
  private let audit: Audit
  private let key: String
  /// Whether no file changed just now: a file could change once more without another time.
  private let isSettled: Bool

  /// Increment it when the audit finds other things in the same data, or its result has other fields.
  private static let version = 3
  /// Bytes of a file; larger ones are not read.
  static let mostBytes = 1 << 30
  /// Seconds after which another change of a file has another time.
  private static let settlingTime = 1.0

  /// Nothing is read yet but the files' times.
  ///
  /// - Parameters:
  ///   - folder: where the file is.
  ///   - tick: called before each record.
  /// - Throws: `DataSetError` if the machine cannot say the times of files.
  package init(of audit: Audit, in folder: String, tick: () -> Void = {}) throws(DataSetError) {
    let names = SHA256()
    names.add(["\(audit.use)", "\(audit.geometry.height)"] + audit.dataSet.folders)
    path = "\(folder)/audit-\(hexadecimal(names.finalize().prefix(8))).json"
    self.audit = audit
    let hash = SHA256()
    hash.add([
      akuruVersion, "\(RememberedAudit.version)", audit.dataSet.fingerprint, audit.alphabet?.hash ?? "", "\(audit.use)",
    ])
    for library in LibraryVersions.all { hash.add([library.name, library.value]) }
    hash.add(audit.geometry, audit.dataSet.textPolicy)
    var files = FileTimes()
    for record in audit.dataSet.records {
      tick()
      hash.add([record.absolutePath, record.rawText ?? "", record.fault ?? ""])
      for path in record.files { hash.add(try files.times(of: path)) }
    }
    key = hexadecimal(hash.finalize())
    isSettled = Date().timeIntervalSince1970 - files.newest > RememberedAudit.settlingTime
  }

  /// The result of the audit, and as ``result(_:)`` takes it; nil if nothing is remembered.
  package func read() -> (result: AuditResult, payload: [UInt8])? {
    guard let bytes = try? WholeFile.read(path, limit: RememberedAudit.mostBytes) else { return nil }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 2, omittingEmptySubsequences: false)
    guard lines.count == 3, lines[0].elementsEqual(key.utf8) else { return nil }
    let payload = Array(lines[2])
    guard lines[1].elementsEqual(hexadecimal(SHA256.hash(payload)).utf8), let result = RememberedAudit.result(payload),
      result.isSensible(for: audit.dataSet)
    else { return nil }
    return (result, payload)
  }

  /// The result in a payload; nil if it is none.
  package static func result(_ payload: [UInt8]) -> AuditResult? {
    try? JSONDecoder().decode(AuditResult.self, from: Data(payload))
  }

  /// Remembers the result of `AuditResult.mergingRecords`, unless a file has changed just now.
  /// - Throws: `FileError` if the file cannot be written; the old one is still there.
  package func write(_ result: AuditResult) throws(FileError) {
    guard isSettled, let payload = try? Array(JSONEncoder().encode(result)),
      payload.count < RememberedAudit.mostBytes - 200
    else { return }
    try createFolder(of: path)
    try AtomicFile.write(Array("\(key)\n\(hexadecimal(SHA256.hash(payload)))\n".utf8) + payload, to: path)
  }
}

/// The times and sizes of files. Each file is asked once, also if many records are in it.
private struct FileTimes {
  private var last: (path: String, times: [Int64])?
  /// The newest change, in seconds since 1970.
  private(set) var newest = 0.0

  /// -1 if there is no such file.
  mutating func times(of path: String) throws(DataSetError) -> [Int64] {
    if let last, last.path == path { return last.times }
    var times: [Int64] = [-1]
    do throws(FileError) {
      if let status = try FileStatus.following(path) {
        times = [status.size] + status.times
        newest = max(newest, status.newestTime)
      }
    } catch {
      throw DataSetError(error)
    }
    last = (path, times)
    return times
  }
}

extension Record {
  /// The files that the image is in, and the one that describes its lines.
  fileprivate var files: [String] {
    switch origin {
    case .file: [absolutePath]
    case .shard(let place): [place.file.path]
    case .line(let line): [line.page.path, line.page.imagePath]
    }
  }
}

extension SHA256 {
  fileprivate func add(_ strings: [String]) {
    for var string in strings {
      withUnsafeBytes(of: Int64(string.utf8.count).littleEndian) { update($0) }
      string.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }
  }

  fileprivate func add(_ numbers: [Int64]) {
    for number in numbers { withUnsafeBytes(of: number.littleEndian) { update($0) } }
  }

  fileprivate func add(_ geometry: InputGeometry, _ texts: TextPolicy) {
    let preparation = geometry.preparation
    add([
      preparation.polarity.rawValue, preparation.lines.rawValue, preparation.light.rawValue,
      preparation.normalizer.rawValue, preparation.resampling.rawValue, texts.normalization.rawValue,
      texts.whitespace.rawValue,
      texts.direction?.rawValue ?? "",
    ])
    add([preparation.sideMargin, geometry.height, geometry.minimumWidth, geometry.maximumWidth].map(Int64.init))
    add((geometry.minimumWidth...geometry.maximumWidth).map { Int64(geometry.sequenceLength($0)) })
  }
}

extension AuditResult {
  /// Whether its numbers can be those of records of a data set: a file may contain anything.
  fileprivate func isSensible(for dataSet: DataSet) -> Bool {
    let possible = 0...Int(Int32.max)
    let count = dataSet.records.count
    return records == 0..<count && widths.count == count && inkWidths.count == count
      && digests.count == count * AuditResult.digestBytes && widths.allSatisfy(possible.contains)
      && inkWidths.allSatisfy(possible.contains)
      && scalarCounts.allSatisfy { possible.contains($0.count) && Unicode.Scalar($0.scalar) != nil }
      && findings.allSatisfy { $0.record.map(records.contains) ?? true }
  }
}
