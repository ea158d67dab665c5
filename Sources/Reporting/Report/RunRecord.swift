import Files
import Foundation
import Messages

/// All data of a run that a report shows.
struct RunRecord {
  let path: String
  /// `config.json` of any version; nil if there is none.
  let configuration: JSONValue?
  var history: RunHistory
  /// nil before the first evaluation.
  var snapshot: EvaluationSnapshot?
  /// nil while the run goes on, and if it was killed.
  var outcome: RunOutcome?

  /// The size limit of `config.json`, in bytes.
  private static let largestConfiguration = 16 << 20

  /// Reads a run directory.
  /// - Throws: ``NoRun`` if it contains no run; `FileError`.
  init(_ path: String) throws {
    let text = try boundedText("\(path)/config.json", limit: RunRecord.largestConfiguration)
    let hasMetrics = try kind(of: "\(path)/metrics.jsonl") == .file
    guard text != nil || hasMetrics else { throw NoRun(path) }
    self.path = path
    configuration = text.flatMap { try? RunJSON.decode(JSONValue.self, from: $0) }
    history = try RunHistory("\(path)/metrics.jsonl")
    snapshot = try EvaluationSnapshot.read("\(path)/evaluation.json")
    outcome = try RunOutcome.read(in: path)
  }

  /// The run's name: the name of its folder.
  var name: String { lastComponent(URL(fileURLWithPath: path).standardizedFileURL.path) }

  /// The resolved options, sorted by name.
  var options: [(name: String, value: JSONValue)] {
    var fields = configuration?["configuration"]?.fields ?? [:]
    let recipe = fields.removeValue(forKey: "recipe")?.fields ?? [:]
    return fields.merging(recipe) { $1 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  func option(_ name: String) -> JSONValue? { options.first { $0.name == name }?.value }

  /// Whether the run came to its end.
  var isDone: Bool {
    if let outcome { return outcome.isDone }
    guard let last = configuration?["lastStep"]?.integer, let step = history.lastStep?.step else { return false }
    return step >= last
  }

  var ranks: Int { configuration?["worldSize"]?.integer ?? 1 }
}

/// A folder contains no run; exit status 4.
struct NoRun: ExitStatusProviding, CustomStringConvertible {
  let description: String
  var exitStatus: ExitStatus { .inputOutput }

  init(_ path: String) {
    description =
      "\(path.onOneLine): holds no run (no config.json, no metrics.jsonl); give the --run-dir of a training run"
  }
}
