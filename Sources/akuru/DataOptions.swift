import ArgumentParser
import Datasets
import Settings

/// The options that say how data sets are read where their contents leave a choice.
struct DataOptions: ParsableArguments {
  @Option(
    help: """
      Form of the data: pairs (X.png + X.gt.txt or X.txt), xml (PAGE-XML, ALTO), csv (a table; tabs and semicolons as well), \
      jsonl, list (path and text in each line), json (labels.json of docTR), or shards. (default: what the contents show)
      """, completion: .list(["pairs", "xml", "csv", "jsonl", "list", "json", "shards"]))
  var format: String?
  @Option(
    help: """
      End of the names of images to read where several share a text, such as .bin.png. (default: X.png before X.nrm.png \
      before X.bin.png)
      """)
  var imageSuffix: String?
  @Option(
    help: """
      Columns or keys of a list that hold image and text, as in image=path,text=transcription. (default: file_name and text, \
      filename and words, and other usual names)
      """)
  var columns: String?
  @Option(help: "Types of the lines or regions to read from PAGE-XML and ALTO, separated by commas. (default: all)")
  var lineTypes: String?
  @Flag(help: "Let lists name images outside of their own folder.") var allowOutside = false

  /// The options for a command that has a text policy from elsewhere.
  /// - Throws: `ConfigurationError`.
  func reading(text: TextPolicy = TextPolicy()) throws -> ReadingOptions {
    let settings = GroundTruthSettings()
    let given = try Overrides(of: self, names: settings.optionNames).applied(to: settings)
    try given.validate()
    return try given.readingOptions(text: text)
  }
}

/// The options of the text policy.
struct TextOptions: ParsableArguments {
  @Option(
    help: "Unicode normalization form of the texts: nfc, nfd, nfkc, nfkd, or none. (default: nfc)",
    completion: .list(["nfc", "nfd", "nfkc", "nfkd", "none"]))
  var normalize: String?
  @Option(
    help: """
      White space in the texts: collapse (removed at the ends, and each run, with U+00A0 and the like, is one space), or keep. \
      (default: collapse)
      """, completion: .list(["collapse", "keep"]))
  var whitespace: String?
  @Option(
    help: """
      Base direction of the texts: auto (that of each text's first strong letter), ltr, rtl, or none (texts are in the order of \
      the page). (default: auto)
      """, completion: .list(["auto", "ltr", "rtl", "none"]))
  var direction: String?

  /// - Throws: `ConfigurationError`.
  func policy() throws -> TextPolicy {
    let settings = TextSettings()
    return try Overrides(of: self, names: settings.optionNames).applied(to: settings).policy
  }
}
