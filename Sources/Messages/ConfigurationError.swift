/// A wrong option or combination of options; exit status 2.
package struct ConfigurationError: Error, CustomStringConvertible, Equatable, ExitStatusProviding {
  /// One line that names the option and the remedy.
  package let description: String
  /// The name of the wrong option in a configuration file, for example `batchSize`; nil if no single option is wrong.
  package let option: String?

  package var exitStatus: ExitStatus { .usage }

  /// An error that concerns no single option.
  package init(_ description: String) {
    (self.description, option) = (description.onOneLine, nil)
  }

  /// An error about one option.
  ///
  /// - Parameters:
  ///   - option: its name in a configuration file.
  ///   - problem: the text after the option's name: the value and what is wrong with it, as in ` 0: must be positive`.
  package init(option: String, _ problem: String) {
    self.option = option
    description = (flag(option) + problem).onOneLine
  }

  private init(option: String?, description: String) {
    (self.option, self.description) = (option, description)
  }

  /// The same error with the name of the file that gives the option.
  package func inFile(_ path: String) -> ConfigurationError {
    ConfigurationError(option: option, description: "\(path): \(description)".onOneLine)
  }
}

/// The option of the command line that has the name `option` in a configuration file: `--batch-size` for `batchSize`.
package func flag(_ option: String) -> String {
  "--" + option.flatMap { $0.isUppercase ? "-\($0.lowercased())" : "\($0)" }
}
