import Checkpoints
import Datasets
import Images
import Messages
import NeuralNetwork
import Recognition
import TestSupport

/// A network without training that reads bars: one linear layer on the eight pixels of a column. A bar in the upper half is an a, one
/// in the lower half a b, a full one a c; paper is the blank. So what an image says is known, whatever else is on its sides.
enum BarReader {
  static let letters: [Unicode.Scalar] = ["a", "b", "c"]
  static let height = 8
  static let architecture = Architecture(name: "bars", inputHeight: height, stages: [.linear(name: "fc")])

  static func description(maximumWidth: Int = 64, microBatch: Int = 2) throws -> ModelDescription {
    ModelDescription(
      architecture: architecture, alphabet: try Alphabet(scalars: letters), maximumWidth: maximumWidth,
      microBatch: microBatch, textPolicy: TextPolicy())
  }

  /// Scores of blank, a, b and c for u inked pixels above and l below: 60, 60 u - 60 l, 60 l - 60 u, 30 (u + l) - 60. A
  /// full bar has 60, 0, 0, 180; an upper one 60, 240, -240, 60; paper 60, 0, 0, -60.
  static func weights(classes: Int = 4) -> (weight: [Float], bias: [Float]) {
    let rows: [[Float]] = [
      [0, 0], [60, -60], [-60, 60], [30, 30],
    ]
    return (rows.flatMap { row in (0..<8).map { row[$0 / 4] } }, [60, 0, 0, -60])
  }

  static func recognizer(maximumWidth: Int = 64, microBatch: Int = 2) throws -> Recognizer {
    let recognizer = try Recognizer(description(maximumWidth: maximumWidth, microBatch: microBatch))
    let (weight, bias) = weights()
    let tensors = recognizer.network.parameters.tensors
    for (i, value) in weight.enumerated() { tensors[0].value.pointer[i] = value }
    for (i, value) in bias.enumerated() { tensors[1].value.pointer[i] = value }
    return recognizer
  }

  /// The image of a text, `margin` columns of paper around and one between bars.
  static func image(_ text: String, margin: Int = 2) -> GrayImage {
    var image = GrayImage(width: 2 * margin + max(2 * text.count, 1) - 1 + (text.isEmpty ? 4 : 0), height: height)
    for (i, letter) in text.enumerated() {
      for y in 0..<height where letter == "c" || (letter == "a") == (y < 4) { image[margin + 2 * i, y] = 0 }
    }
    return image
  }

  /// Writes a data set, and returns its folder: images of what is drawn, with what the metadata says of them.
  static func write(_ images: [(drawn: String, says: String)], to folder: TemporaryDirectory) throws -> String {
    var lines = ["file_name,text"]
    for (i, image) in images.enumerated() {
      try folder.write(PNG.encode(BarReader.image(image.drawn, margin: 2 + i % 3)), "data/\(i).png")
      lines.append("\(i).png,\(image.says)")
    }
    try folder.write(lines.joined(separator: "\n") + "\n", "data/metadata.csv")
    return folder.file("data")
  }
}
