import Dispatch
import Foundation
import Hashing
import Messages

/// The data audit: examines every record as training will, so that bad data is found before the first step.
package struct Audit: Sendable {
  package let dataSet: DataSet
  package let geometry: InputGeometry
  /// The letters that texts may contain; nil if the texts define the alphabet.
  package let alphabet: Alphabet?
  package let use: Use
  /// Receives the lines of pages that are cut; nil if nobody needs them.
  let lines: PreparedLines?

  /// The purpose of the data set.
  package enum Use: Sendable {
    /// Every record must be usable for training.
    case training
    /// Records are only read. A text that the model cannot spell, or that is too long for its image, gives a warning:
    /// the model will misread it, and the error counts.
    case evaluation
  }

  package init(
    _ dataSet: DataSet, geometry: InputGeometry, alphabet: Alphabet? = nil, use: Use = .training,
    keeping lines: PreparedLines? = nil
  ) {
    self.dataSet = dataSet
    self.geometry = geometry
    self.alphabet = alphabet
    self.use = use
    self.lines = lines
  }

  /// Audits the whole data set.
  package func run(threads: Int = 1) throws(DataSetError) -> AuditResult {
    try AuditResult.merging([try runSlice(rank: 0, ranks: 1, threads: threads)], of: dataSet)
  }

  /// Audits the slice of one rank: a contiguous part of the records. Every image is decoded completely, since the
  /// header of a truncated file looks valid. Pass all slices to ``AuditResult/merging(_:of:)``.
  ///
  /// - Parameter goesOn: called before each record, on several threads; after it returns false, the result is invalid.
  package func runSlice(
    rank: Int, ranks: Int, threads: Int = 1, while goesOn: @Sendable () -> Bool = { true }
  ) throws(DataSetError) -> AuditResult {
    precondition(ranks > 0 && rank >= 0 && rank < ranks && threads > 0)
    let slice = dataSet.share(rank, of: ranks, in: dataSet.records.indices)
    guard threads > 1 && slice.count > 1 else { return try audit(slice, while: goesOn) }
    let pieces = min(slice.count, threads * 16)
    let results = PieceResults(count: pieces)
    let next = PieceCounter(count: pieces)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      while let piece = next.take() {
        let range = dataSet.share(piece, of: pieces, in: slice)
        results.set(piece, Result { () throws(DataSetError) in try audit(range, while: goesOn) })
      }
    }
    return try results.joined(slice)
  }

  private func audit(_ range: Range<Int>, while goesOn: () -> Bool) throws(DataSetError) -> AuditResult {
    var result = AuditResult(records: range)
    let buffer = ImageBuffer()
    result.widths.reserveCapacity(range.count)
    result.digests.reserveCapacity(range.count * AuditResult.digestBytes)
    var counts: [UInt32: Int] = [:]
    for index in range {
      guard goesOn() else { break }
      try check(index, buffer, &result, &counts)
    }
    result.scalarCounts = AuditResult.sorted(counts)
    return result
  }

  private func check(
    _ index: Int, _ buffer: ImageBuffer, _ result: inout AuditResult, _ counts: inout [UInt32: Int]
  ) throws(DataSetError) {
    let record = dataSet.records[index]
    let path = record.absolutePath
    func finding(_ kind: AuditFinding.Kind, _ isProblem: Bool, _ detail: String) {
      result.findings.append(
        AuditFinding(record: index, path: path, kind: kind, isProblem: isProblem, detail: detail))
    }
    for scalar in record.text.unicodeScalars { counts[scalar.value, default: 0] += 1 }

    var (width, inkWidth, digest) = (0, 0, Data(count: AuditResult.digestBytes))
    if let fault = record.fault {
      finding(.badRecord, true, fault)
    } else {
      do throws(DataSetError) {
        let (decoded, identity) = try buffer.records.identifiedImage(of: record)
        let image = geometry.preparation.applied(to: decoded)
        if let lines, record.page != nil, (try? geometry.fit(decoded, into: buffer)) != nil {
          lines.keep(index, buffer)
        }
        width = geometry.resizedWidth(width: image.width, height: image.height)
        digest = Data(identity)
        inkWidth = checkImage(image, of: record, finding)
      } catch {
        if error.isOfMachine { throw error }
        finding(.unreadableImage, true, error.reasonInFinding)
      }
    }
    result.widths.append(width)
    result.inkWidths.append(inkWidth)
    result.digests.append(digest)
    if record.fault != nil { return }
    checkLength(of: record, width: width, finding)
    checkLetters(of: record, finding)
    checkOrder(of: record, finding)
    checkMistakes(in: record, finding)
  }

  /// Receives what is wrong with a record.
  typealias Finding = (_ kind: AuditFinding.Kind, _ isProblem: Bool, _ detail: String) -> Void

  /// Checks that the text is not empty, has no control characters and fits into the image.
  private func checkLength(of record: Record, width: Int, _ finding: Finding) {
    if record.text.isEmpty {
      finding(.emptyLabel, true, "the text is empty; write what the image says or remove the record")
    }
    if let control = record.text.unicodeScalars.first(where: \.isControl) {
      finding(
        .controlCharacter, use == .training, "the text holds \(control.codePoint), a control character; remove it")
    }
    if width > geometry.maximumWidth {
      finding(
        .imageTooWide, true,
        TooWideImage(width: width, height: geometry.height, maximumWidth: geometry.maximumWidth).description)
    } else if width > 0 {
      let needed = InputGeometry.neededSteps(Array(displayOrder(of: record.text).unicodeScalars))
      let available = geometry.sequenceLength(width)
      if needed > available {
        let detail =
          "the text needs \(needed) time steps, the image gives \(available) (\(width) pixels wide at height "
          + "\(geometry.height)); correct the text or remove the record"
        finding(.labelTooLong, use == .training, detail)
      }
    }
  }

  private func displayOrder(of text: String) -> String { dataSet.textPolicy.direction?.displayOrder(of: text) ?? text }

  /// Checks that the order of the letters on the page tells the order of the text.
  private func checkOrder(of record: Record, _ finding: Finding) {
    guard let direction = dataSet.textPolicy.direction, let loss = direction.loss(of: record.text) else { return }
    var (fault, remedy): (String, String)
    switch loss {
    case .looksLike(let other):
      fault = "on a page, the text looks the same as \(quoted(other)), which is what a model reads"
      remedy =
        direction == .auto
        ? "give --direction rtl or ltr, as the page is set (and akuru-synth drew it), or leave it out"
        : "correct the text, or leave it out"
    case .isNotFound:
      (fault, remedy) = ("its order cannot be told from the page", "correct its brackets, or leave it out")
    case .isTooDeep:
      (fault, remedy) = ("the text begins more than 60 embeddings or isolates", "remove these controls of direction")
    }
    if use == .evaluation { remedy = "what differs counts as errors" }
    finding(.unclearOrder, use == .training, "\(fault); \(remedy)")
  }

  /// Which letters of a text look like these on the page, as "(" does like ")" between letters that run from right to left.
  private func mirrored(_ scalars: [Unicode.Scalar], of record: Record) -> String {
    let others = scalars.filter { !record.text.unicodeScalars.contains($0) }
    if others.isEmpty { return "" }
    return " ("
      + others.map { "\(DisplayOrder.mirrored($0).codePoint) looks like \($0.codePoint) there" }
      .joined(separator: ", ") + ")"
  }

  /// Checks that the letters belong to the alphabet and are visible.
  private func checkLetters(of record: Record, _ finding: Finding) {
    if let alphabet {
      do {
        _ = try alphabet.encode(displayOrder(of: record.text))
      } catch {
        let remedy =
          use == .training
          ? "add them to the alphabet or correct the text"
          : "they count as errors; train on texts that have them, or correct the text"
        finding(
          .unknownScalars, use == .training, "\(error.description)\(mirrored(error.scalars, of: record)); \(remedy)")
      }
    }
    if let raw = record.rawText {
      let changes = dataSet.textPolicy.changes(in: raw)
      if changes.form {
        let form = dataSet.textPolicy.normalization.rawValue.uppercased()
        finding(.labelNotNFC, false, "the text is not in the Unicode normalization form \(form); it is used normalized")
      }
      if changes.whitespace {
        finding(
          .spacesChanged, false,
          "the text has white space at its ends or in a row, or other than U+0020; it is used collapsed")
      }
    }
    if let mark = record.text.unicodeScalars.first(where: \.isInvisibleMark) {
      let name = mark.properties.name ?? "a mark"
      finding(
        .invisibleMark, false,
        "the text holds \(mark.codePoint), \(name), which no image shows; it counts as a letter unless you remove it")
    }
  }
}

/// Assigns the numbers 0 ..< count, each once. Unchecked: `next` is accessed only while `lock` is held.
private final class PieceCounter: @unchecked Sendable {
  private let lock = NSLock()
  private let count: Int
  private var next = 0

  init(count: Int) { self.count = count }

  func take() -> Int? {
    lock.withLock {
      guard next < count else { return nil }
      defer { next += 1 }
      return next
    }
  }
}

/// Results of the pieces of a slice. Unchecked: `results` is accessed only while `lock` is held.
private final class PieceResults: @unchecked Sendable {
  private let lock = NSLock()
  private var results: [Result<AuditResult, DataSetError>?]

  init(count: Int) { results = [Result<AuditResult, DataSetError>?](repeating: nil, count: count) }

  func set(_ piece: Int, _ result: Result<AuditResult, DataSetError>) {
    lock.withLock { results[piece] = result }
  }

  /// Merges all pieces in order.
  func joined(_ slice: Range<Int>) throws(DataSetError) -> AuditResult {
    let results = lock.withLock { self.results }
    var whole = AuditResult(records: slice)
    var counts: [UInt32: Int] = [:]
    for case let result? in results {
      let part = try result.get()
      whole.findings += part.findings
      whole.widths += part.widths
      whole.inkWidths += part.inkWidths
      whole.digests += part.digests
      for entry in part.scalarCounts { counts[entry.scalar, default: 0] += entry.count }
    }
    whole.scalarCounts = AuditResult.sorted(counts)
    return whole
  }
}

extension DataSetError {
  /// The reason for findings about an image.
  fileprivate var reasonInFinding: String {
    if case .notFound = self { return "there is no such file; add the image or remove the record" }
    return reason
  }
}

extension Unicode.Scalar {
  /// Whether the scalar controls the direction of text or its line breaks and is never drawn. ZWJ and ZWNJ do not
  /// count, since they change what is drawn.
  fileprivate var isInvisibleMark: Bool {
    switch value {
    case 0xAD, 0x61C, 0x200B, 0x200E, 0x200F, 0x202A...0x202E, 0x2060, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }
}
