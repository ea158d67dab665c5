import ArgumentParser
import DataPreparation
import Datasets
import Images
import MessagePassing
import Settings
import Training

struct AugmentSheet: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draw augmented images as training sees them.",
    discussion: """
      Example: akuru augment-sheet data/train --output augmented.png --augment strong

      Each row shows one image at the model's height, then its augmented versions of the first epochs.
      """)

  @Argument(help: "Data set.", completion: .file()) var data: String
  @Option(
    name: [.customShort("o"), .long], help: "PNG file to write. It must not exist yet.", completion: .file())
  var output: String
  @Option(
    help: "Augmentation: default, strong, none, or a JSON file. (default: default)",
    completion: .list(["default", "strong", "none"])) var augment: String?
  @Option(help: "Images to draw, spread evenly over the data set.") var count = 16
  @Option(help: "Augmented versions of each image.") var versions = 5
  @Option(help: "Seed of the augmentation. (default: 1)") var seed: UInt64?
  @Option(
    help: "Model: akuru, crnn, tutorial, or a network in brackets. (default: akuru)",
    completion: .list(["akuru", "crnn", "tutorial"])) var model: String?
  @Option(help: "Input height in pixels. \(defaults { $0.model.height })") var height: Int?
  @OptionGroup(title: "Images") var images: ImageOptions
  @OptionGroup(title: "Ground truth") var groundTruth: DataOptions

  func validate() throws {
    if !output.lowercased().hasSuffix(".png") {
      throw ValidationError("--output \(output): give a name that ends in .png")
    }
  }

  func run() throws {
    runRanks { communicator in
      var options = Overrides(
        of: self,
        names: [
          "model", "height", "augment", "seed", "polarity", "lines", "light", "lineNormalizer", "resampling",
          "sideMargin",
        ])
      options["augment"] = options["augment"] ?? .text("default")
      let (recipe, geometry) = try communicator.together {
        let recipe = try Recipe(options)
        return (
          recipe,
          InputGeometry(
            try recipe.model.architecture(), maximumWidth: recipe.model.maxWidth, preparation: recipe.images.preparation
          )
        )
      }
      try writeAugmentationSheet(
        of: data, try communicator.together { try groundTruth.reading() }, geometry: geometry,
        augmentation: recipe.augmentation.augment, seed: recipe.course.seed, count: count,
        versions: versions, to: output, over: communicator)
      return .done
    }
  }
}
