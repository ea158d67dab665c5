import Datasets
import Messages
import Settings

/// The location of a run. It must be known before the recipe, since a resumed run reads its recipe there.
package struct RunLocation {
  package let runDir: String
  package let resume: Bool

  package init(_ options: Overrides) throws {
    guard let runDir = options.text("runDir"), !runDir.isEmpty else {
      throw ConfigurationError(option: "runDir", " is missing: give a folder for the results")
    }
    (self.runDir, resume) = (runDir, options.isOn("resume"))
  }

  /// Throws if the run directory is a data set, so that a run never writes into its data.
  package func requireNoDataSet() throws {
    if DataSet.isInFolder(runDir) {
      throw ConfigurationError(
        option: "runDir", " \(runDir): holds a data set; give a folder for the results (are the options swapped?)")
    }
  }

  /// Throws if there is neither a run to go on with nor data for a new one: before a folder is created for a mistyped name.
  ///
  /// - Parameter run: the options of the run in the directory; nil if it holds none.
  func requireRunOrData(_ given: Overrides, _ run: [String: JSONValue]?) throws {
    guard resume, run == nil, given.text("train") == nil else { return }
    throw ConfigurationError(
      option: "runDir",
      " \(runDir): holds no run to go on with (no config.json); give the folder of a run, or --train and --validation for a "
        + "new one")
  }
}
