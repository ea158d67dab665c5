import Messages
import Settings

/// The models that a run learns from, beside its labels.
package struct DistillationSettings: SettingsGroup {
  /// Models, separated by commas; nil is none.
  package var teacher: String?

  package init() {}

  /// The weight of the teachers if none is given.
  static let usualShare = 0.5

  /// The names of the models.
  var teachers: [String] {
    teacher.map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) } ?? []
  }

  package func validate() throws {
    guard teachers.allSatisfy({ !$0.isEmpty }), teachers.count <= 64 else {
      throw ConfigurationError(option: "teacher", ": give 1 to 64 models, separated by commas")
    }
  }
}
