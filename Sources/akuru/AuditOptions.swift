import ArgumentParser
import Datasets
import Settings
import Training

/// The options of an audit.
struct AuditOptions: ParsableArguments {
  @Option(help: "Model: akuru, crnn, tutorial, or a network in brackets. (default: akuru)") var model: String?
  @Option(help: "Input height in pixels. \(defaults { $0.model.height })") var height: Int?
  @Option(help: "Largest width of a resized image in pixels. \(defaults { $0.model.maxWidth })") var maxWidth: Int?
  @OptionGroup(title: "Images") var images: ImageOptions
  @Option(help: "Alphabet file. Letters outside of it are problems.", completion: .file()) var alphabet: String?

  /// The model's requirements of its images.
  /// - Throws: `ConfigurationError`.
  func geometry() throws -> InputGeometry {
    let recipe = try Recipe(Overrides(of: self, names: TrainingConfiguration.optionNames))
    return InputGeometry(
      try recipe.model.architecture(), maximumWidth: recipe.model.maxWidth, preparation: recipe.images.preparation)
  }
}
