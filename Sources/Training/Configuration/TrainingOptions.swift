import Foundation
import Images

/// What a user asks of a training run: every field is one flag of `akuru train` and one key of a `--config` file.
/// A field that is nil was not asked for; ``TrainingConfiguration`` fills it with the model's default.
public struct TrainingOptions: Codable, Sendable, Equatable {
  public var train: String?
  public var validation: String?
  public var runDir: String?
  public var cache: String?
  public var model: String?
  public var channels: Int?
  public var hidden: Int?
  public var height: Int?
  public var maxWidth: Int?
  public var batchSize: Int?
  public var microBatch: Int?
  public var epochs: Int?
  public var maxSteps: Int?
  public var maxMinutes: Double?
  public var optimizer: String?
  public var lr: Double?
  public var weightDecay: Double?
  public var clipNorm: Double?
  public var schedule: String?
  public var momentum: Double?
  public var warmUp: Int?
  public var decayEvery: Int?
  public var decayFactor: Double?
  public var patience: Int?
  public var ema: Double?
  public var earlyStopping: Int?
  public var labelDropout: Double?
  public var featureDropout: Double?
  public var initFrom: String?
  public var initAlphabet: String?
  public var alphabetChange: String?
  public var freeze: String?
  public var paperValue: Int?
  public var augment: String?
  public var alphabet: String?
  public var skipBad: Bool?
  public var seed: UInt64?
  public var evalEvery: Int?
  public var checkpointEvery: Int?
  public var keep: Int?
  public var logEvery: Int?
  public var maxBadSteps: Int?
  public var verifyEvery: Int?
  public var stallTimeout: Double?
  public var balance: String?
  public var reduce: String?
  public var trace: String?
  public var resume: Bool?
  public var quiet: Bool?
  public var verbose: Bool?

  public init() {}

  /// The largest file of options, in bytes.
  static let largestFile = 1 << 16

  /// Reads a JSON file of options.
  /// - Throws: ``ConfigurationError`` for a file that cannot be read, is not JSON, has a value of the wrong type or a
  ///   key that is not an option.
  public init(file: String) throws {
    let bytes: [UInt8]
    do {
      bytes = try OpenFile.reading(file).bytes(TrainingOptions.largestFile + 1, at: 0)
    } catch {
      throw ConfigurationError("\(file): cannot be read; check the path given to --config")
    }
    guard bytes.count <= TrainingOptions.largestFile else {
      throw ConfigurationError(
        "\(file): is larger than \(TrainingOptions.largestFile >> 10) KiB; is it a file of options?")
    }
    guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else {
      throw ConfigurationError("\(file): is not a JSON object of options")
    }
    for key in object.keys.sorted() where !TrainingOptions.keys.contains(key) {
      let remedy = closestMatch(to: key, among: TrainingOptions.keys).map { "did you mean \"\($0)\"?" }
      throw ConfigurationError("\(file): unknown option \"\(key.shortened)\"; \(remedy ?? "see akuru train --help")")
    }
    do {
      self = try TrainingOptions(object)
    } catch {
      // Whatever the decoder says, the option that cannot be read alone is the one to name.
      let wrong = object.keys.sorted().first { (try? TrainingOptions([$0: object[$0]!])) == nil }
      throw ConfigurationError("\(file): option \"\(wrong ?? "?")\" must be \(TrainingOptions.kind(of: wrong ?? ""))")
    }
  }

  private init(_ object: [String: Any]) throws {
    self = try JSONDecoder().decode(TrainingOptions.self, from: JSONSerialization.data(withJSONObject: object))
  }

  /// What an option's value is, in words.
  private static func kind(of key: String) -> String {
    guard let value = Mirror(reflecting: TrainingOptions()).children.first(where: { $0.label == key })?.value else {
      return "known"
    }
    return switch type(of: value) {
    case is Int?.Type: "a whole number"
    case is UInt64?.Type: "a whole number, not below zero"
    case is Double?.Type: "a number"
    case is Bool?.Type: "true or false"
    default: "text"
    }
  }

  /// The names of all options.
  public static let keys: [String] = Mirror(reflecting: TrainingOptions()).children.compactMap(\.label)

  /// These options, those of the command line, with a file's where these are nil.
  /// - Throws: ``ConfigurationError``, as ``init(file:)``, and for values of the file that do not go together or with
  ///   these.
  public func over(file: String?) throws -> TrainingOptions {
    guard let file else { return self }
    let options = try TrainingOptions(file: file)
    let merged = try TrainingOptions(options.object().merging(object()) { _, mine in mine })
    // Some of a resumed run's options are the checkpoint's.
    if merged.resume == true { return merged }
    do {
      _ = try merged.resolved()
    } catch let error as ConfigurationError {
      throw error.naming(file, options, unless: self)
    }
    return merged
  }

  fileprivate func object() throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: JSONEncoder().encode(self)) as? [String: Any] ?? [:]
  }
}

/// A wrong option or combination of options; exit status 2.
public struct ConfigurationError: Error, CustomStringConvertible, Equatable {
  public let description: String

  public init(_ description: String) {
    self.description = description.onOneLine
  }

  /// The error with the name of the file in front, if it is about an option that the file gives, and `flags` do not.
  fileprivate func naming(_ file: String, _ options: TrainingOptions, unless flags: TrainingOptions)
    -> ConfigurationError
  {
    guard description.hasPrefix("--") else { return self }
    let words = description.dropFirst(2).prefix { $0.isLetter || $0 == "-" }.split(separator: "-")
    let key = words.prefix(1).joined() + words.dropFirst().map(\.capitalized).joined()
    guard let given = try? (options.object(), flags.object()), given.0[key] != nil, given.1[key] == nil else {
      return self
    }
    return ConfigurationError("\(file): \(description)")
  }
}

/// The candidate with the smallest edit distance to `word`, if it is near enough to be a slip of the pen.
func closestMatch(to word: String, among candidates: [String]) -> String? {
  let letters = Array(word.lowercased().unicodeScalars)
  let distances = candidates.map { (EditDistance.distance(letters, Array($0.lowercased().unicodeScalars)), $0) }
  return distances.filter { $0.0 <= max(2, letters.count / 3) }.min { $0.0 < $1.0 }?.1
}
