import Datasets
import Files
import Foundation
import Messages
import Settings

/// The options in the `config.json` of a run: the run goes on with them, and `--config` takes the file.
enum RunOptions {
  /// Options that concern one process and not the run: a resumed run does not take them over.
  private static let ofTheProcess = ["resume", "maxMinutes", "trace", "quiet", "verbose"]
  /// Options that say where files are.
  private static let paths = ["train", "validation", "runDir", "cache", "alphabet", "initFrom", "initAlphabet"]

  /// The options in the contents of a `config.json`, by name; any other object is returned as it is.
  ///
  /// A relative path that leads nowhere is taken from the folder in which the run was started.
  static func unwrap(_ contents: [String: JSONValue]) -> [String: JSONValue] {
    guard case .object(var options)? = contents["configuration"] else { return contents }
    options.merge(options.removeValue(forKey: "recipe")?.fields ?? [:]) { $1 }
    for name in ["mixture", "resume"] { options[name] = nil }
    guard case .text(let folder)? = contents["folder"] else { return options }
    for name in paths {
      guard case .text(let path)? = options[name] else { continue }
      options[name] = .text(located(path, in: folder))
    }
    return options
  }

  /// The options of the run in a run directory; nil if it has no `config.json` of a run.
  /// - Throws: `ConfigurationError` for a file that cannot be read.
  static func read(runDir: String) throws -> [String: JSONValue]? {
    let path = configuration(of: runDir)
    guard try kind(of: path) != nil else { return nil }
    let contents = try Overrides.contents(of: path)
    guard contents["configuration"] != nil else { return nil }
    // Another version may have had other options.
    let names = Set(TrainingConfiguration.optionNames)
    return unwrap(contents).filter { names.contains($0.key) && $0.value != .null }
  }

  private static func configuration(of runDir: String) -> String { "\(runDir)/config.json" }

  /// The options of a resumed run: those that are given, and for all others those that the run has.
  ///
  /// - Parameters:
  ///   - run: the options of the run, by name.
  ///   - hasCheckpoint: whether a checkpoint gives the recipe.
  static func resumed(_ given: Overrides, from run: [String: JSONValue], hasCheckpoint: Bool) -> Overrides {
    let ofTheRun = Set(RunSettings().groups.flatMap(\.optionNames))
    let keepsRecipe = !hasCheckpoint && given.names.allSatisfy(ofTheRun.contains)
    var taken = run.filter { (keepsRecipe || ofTheRun.contains($0.key)) && !ofTheProcess.contains($0.key) }
    // Minutes are an option of the process, unless nothing else ends the run.
    if !hasEnd(given, run) { taken["maxMinutes"] = run["maxMinutes"] }
    return given.over(Overrides(taken, file: configuration(of: given.text("runDir") ?? ".")))
  }

  private static func hasEnd(_ given: Overrides, _ run: [String: JSONValue]) -> Bool {
    let names = ["maxSteps", "epochs", "minutes", "maxMinutes"]
    return names.contains { given[$0] != nil } || names.dropLast().contains { run[$0] != nil }
      || run["schedule"].map { $0 == .text("one-cycle") || $0 == .text("cosine") } ?? true
  }

  /// A path, or several separated by commas, as seen from this process.
  private static func located(_ argument: String, in folder: String) -> String {
    argument.split(separator: ",", omittingEmptySubsequences: false).map { part in
      let name = (try? DataSetArgument(String(part)))?.folders.first ?? String(part)
      func exists(_ path: String) -> Bool { FileStatus(path: path, followLink: true) != nil }
      return name.hasPrefix("/") || exists(name) || !exists("\(folder)/\(name)") ? String(part) : "\(folder)/\(part)"
    }.joined(separator: ",")
  }
}
