import Files
import Messages

/// A reader of one form of ground truth.
protocol GroundTruthReader {
  /// Adds the records, in a stable order. Whatever is wrong with one record makes one record with a ``Record/fault``.
  /// - Throws: what concerns the whole data set, and what the machine refuses.
  func read(into records: inout RecordCollector) throws(DataSetError)
}

/// A folder that a reader reads.
struct GroundTruthFolder: Sendable {
  /// The folder that the user gave, or that of the file that the user gave.
  let root: String
  /// The path from there to the folder; empty, or ending in "/".
  var prefix = ""

  /// The folder's path.
  var path: String { prefix.isEmpty ? root : joinPath(root, String(prefix.dropLast())) }

  func file(_ name: String) -> String { joinPath(root, prefix + name) }
}

/// Collects the records of a data set.
struct RecordCollector {
  let options: ReadingOptions
  /// The data set that is being read, as an index.
  private(set) var source = 0
  /// The number of things that earlier data sets left out.
  private var leftOutBefore = 0
  /// The form of the records that are added.
  var form = GroundTruthForm.pairs
  private(set) var records: [Record] = []
  private(set) var leftOut: [DataSet.LeftOut] = []

  init(options: ReadingOptions) { self.options = options }

  /// Goes on to another data set.
  mutating func begin(_ source: Int) { (self.source, leftOutBefore) = (source, leftOut.count) }

  /// Adds a record, unless its text or its number is above a limit.
  ///
  /// - Parameters:
  ///   - name: the image's path from the root of `folder`.
  ///   - fault: what is wrong with the record already.
  mutating func add(
    _ name: String, text rawText: String, size: Int64, origin: Record.Origin = .file, fault: String? = nil,
    in folder: GroundTruthFolder
  ) throws(DataSetError) {
    guard records.count < DataSetLimits.records else {
      throw .tooLarge(path: folder.root, place: "", what: "the number of records", limit: "50 million")
    }
    var (fault, rawText) = (fault, rawText)
    if rawText.utf8.count > DataSetLimits.textScalars, rawText.unicodeScalars.count > DataSetLimits.textScalars {
      (fault, rawText) = (fault ?? "the text is above the limit of 10,000 scalars; give one line for each image", "")
    }
    let text = options.text.applied(to: rawText)
    records.append(
      Record(
        path: name, folder: folder.root, text: text, rawText: sameScalars(text, rawText) ? nil : rawText,
        source: source,
        size: size, form: form, origin: origin, fault: fault))
  }

  /// Adds a record whose image or text is unknown.
  mutating func addBad(_ name: String, _ fault: String, in folder: GroundTruthFolder) throws(DataSetError) {
    try add(name, text: "", size: -1, fault: fault, in: folder)
  }

  /// The error of pages of the current data set that have no line of use, with the first reason; nil if no line was left out.
  func noLine(of path: String) -> DataSetError? {
    let kinds: [AuditFinding.Kind] = [.lineWithoutText, .lineWithoutArea, .lineOfAnotherType]
    let lines = leftOut[leftOutBefore...].filter { kinds.contains($0.kind) }
    guard let first = lines.first else { return nil }
    let more = lines.count > 1 ? ", and \(lines.count - 1) more" : ""
    return .malformed(path: path, place: "no line of its pages can be used", reason: "\(first)\(more)")
  }

  /// Removes what turned out to be of use.
  mutating func keepLeftOut(where isOfNoUse: (DataSet.LeftOut) -> Bool) { leftOut = leftOut.filter(isOfNoUse) }

  /// Notes what is in the data set but is no record.
  mutating func leave(_ path: String, _ kind: AuditFinding.Kind, isProblem: Bool = false, _ detail: String) {
    leftOut.append(DataSet.LeftOut(path: path, kind: kind, isProblem: isProblem, detail: detail))
  }
}
