import ArgumentParser
import Training

struct AugmentSheet: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draw augmented images as training sees them.",
    discussion: """
      Example: akuru augment-sheet data/train --output sheet.png --augment strong

      A row for each image: the image at the model's height, then what training makes of it in the first epochs.
      """)

  @Argument(help: "Data set.") var data: String
  @Option(help: "The PNG file to write.") var output: String
  @Option(help: "default, strong, none, or a JSON file (default).") var augment: String?
  @Option(help: "Images of the data set, spread over it.") var count = 16
  @Option(help: "Augmented versions of each image.") var versions = 5
  @Option(help: "Seed of the changes.") var seed: UInt64?
  @Option(help: "Model to draw for: akuru (default), crnn, seed, or a network in brackets.") var model: String?
  @Option(help: "Input height in pixels (akuru 40, crnn 32, seed 61).") var height: Int?

  func run() throws {
    runRanks { communicator in
      var options = TrainingOptions()
      (options.model, options.height, options.augment, options.seed) = (model, height, augment ?? "default", seed)
      try writeAugmentationSheet(
        of: data, for: options, count: count, versions: versions, to: output, over: communicator)
      return .done
    }
  }
}
