import Messages
import Settings

/// The options that say how data sets are read where their contents leave a choice.
package struct GroundTruthSettings: SettingsGroup {
  /// The form to read; nil is the one that the contents show.
  package var format: GroundTruthForm?
  /// The end of the images' names, where several images share a text.
  package var imageSuffix: String?
  /// The columns of a list: "image=NAME,text=NAME".
  package var columns: String?
  /// The types of lines and regions to read from pages, separated by commas.
  package var lineTypes: String?
  /// Whether lists may name files outside of their own folder.
  package var allowOutside = false

  package init() {}

  package func validate() throws {
    if let imageSuffix, !imageSuffix.contains(".") {
      throw ConfigurationError(
        option: "imageSuffix", " \(imageSuffix): give the end of a name with its dot, such as .bin.png")
    }
    _ = try readingOptions(text: TextPolicy())
  }

  /// - Throws: `ConfigurationError` that names the option.
  package func readingOptions(text: TextPolicy) throws -> ReadingOptions {
    var options = ReadingOptions(text: text)
    (options.form, options.imageSuffix, options.allowsOutside) = (format, imageSuffix, allowOutside)
    options.columns = try columns.map { try ColumnNames(option: $0) }
    options.lineTypes = (lineTypes ?? "").split(separator: ",").map(\.withoutOuterSpace).filter { !$0.isEmpty }
    if lineTypes != nil && options.lineTypes.isEmpty {
      throw ConfigurationError(option: "lineTypes", " is empty: give types of lines or regions, separated by commas")
    }
    return options
  }
}
