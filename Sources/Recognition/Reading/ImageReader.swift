import Datasets
import Images
import Messages
import NeuralNetwork

/// The text read from an image.
package struct Reading: Encodable, Sendable, Equatable {
  package let image: String
  package let text: String
  /// p(text | image): the network's probability that the whole text is right. nil if not requested.
  package let confidence: Double?
  /// One for each Unicode scalar of the text.
  package let letters: [Letter]?

  /// A letter of the text with its confidence.
  package struct Letter: Encodable, Sendable, Equatable {
    package let letter: String
    /// The letter's highest probability in the time steps from which it was read.
    package let confidence: Double
  }
}

/// Reads image files: `akuru predict`.
///
/// Some hundred images are decoded, sorted by width and read in micro-batches of similar widths, so that many sequences
/// share each matrix product of the LSTM. Results are returned in the given order.
package final class ImageReader {
  private let recognizer: Recognizer
  private let decoder: any LabelDecoder
  private let measuresConfidence: Bool
  private let buffer = ImageBuffer()
  private let labels = LabelBatch()

  /// The limits of images and of their total columns: decoded ahead, and in a micro-batch.
  private static let (window, windowColumns) = (512, 1 << 17)
  private static let (microBatch, microBatchColumns) = (16, 1 << 13)

  /// - Throws: the errors of ``DecodingOptions``.
  package init(_ recognizer: Recognizer, decoding: DecodingOptions = DecodingOptions(), confidence: Bool = false) throws
  {
    self.recognizer = recognizer
    decoder = try decoding.decoder(recognizer.description.codec, recognizer.description.textPolicy)
    measuresConfidence = confidence
  }

  /// Calls `body` for each image in order, with an error for an unreadable one: `ImageError` for a file that is no
  /// usable image; ``UnreadableImage`` for one that is too wide; or an error of `images`.
  package func read(
    _ images: some ImagePaths, _ body: (_ path: String, Result<Reading, any Error>) throws -> Void
  ) throws {
    // The first windows are small, so that the first results appear soon.
    var size = ImageReader.microBatch
    var isAtEnd = false
    while !isAtEnd {
      var (paths, window): ([String], [Result<GrayImage, any Error>]) = ([], [])
      var columns = 0
      gather: while window.count < size && columns < ImageReader.windowColumns {
        switch try images.next(waits: window.isEmpty) {
        case .image(let path):
          let image = Result { try fitted(try ImageFile.read(path: path), name: path) }
          if case .success(let image) = image { columns += image.width }
          paths.append(path)
          window.append(image)
        case .failure(let path, let error):
          paths.append(path)
          window.append(.failure(error))
        case .later:
          break gather
        case .end:
          isAtEnd = true
          break gather
        }
      }
      for (i, result) in try read(window, paths[...]).enumerated() { try body(paths[i], result) }
      size = min(2 * size, ImageReader.window)
    }
  }

  /// Reads one image file in memory.
  /// - Throws: `ImageError`, ``UnreadableImage``, whose texts use `name` for the image.
  package func read(bytes: [UInt8], name: String) throws -> Reading {
    let image = try fitted(try ImageFile.decode(bytes), name: name)
    return try read([.success(image)], [name])[0].get()
  }

  /// The image, resized to the network's height.
  private func fitted(_ image: GrayImage, name: String) throws -> GrayImage {
    do throws(TooWideImage) {
      try recognizer.description.geometry.fit(image, into: buffer)
    } catch {
      throw UnreadableImage("\(name): \(error)")
    }
    let view = buffer.view
    return GrayImage(
      width: view.width, height: view.height, pixels: Array(UnsafeBufferPointer(start: view.pixels, count: view.count)))
  }

  /// Reads the images of a window; the results have the same order.
  private func read(
    _ images: [Result<GrayImage, any Error>], _ paths: ArraySlice<String>
  ) throws -> [Result<Reading, any Error>] {
    let good = images.enumerated().compactMap { i, image in (try? image.get()).map { (index: i, image: $0) } }
    let sorted = good.sorted { ($1.image.width, $0.index) < ($0.image.width, $1.index) }
    var readings = [Reading?](repeating: nil, count: images.count)
    var start = 0
    while start < sorted.count {
      // The first is the widest.
      let fitting = max(1, ImageReader.microBatchColumns / sorted[start].image.width)
      let part = sorted[start..<min(sorted.count, start + min(fitting, ImageReader.microBatch))]
      start = part.endIndex
      try read(part.map(\.image))
      for (n, index) in part.map(\.index).enumerated() {
        readings[index] = reading(n, image: paths[paths.startIndex + index])
      }
    }
    return zip(images, readings).map { image, reading in image.map { _ in reading! } }
  }

  /// Decodes a micro-batch of images, from wide to narrow, into `labels`.
  private func read(_ images: [GrayImage]) throws {
    let network = recognizer.network
    try network.plan(widths: images.map(\.width))
    network.clearInput()
    for (n, image) in images.enumerated() {
      image.pixels.withUnsafeBufferPointer { network.load(image: n, pixels: $0.baseAddress!, width: image.width) }
    }
    network.forward(.evaluation)
    decoder.decode(network.logits, into: labels)
  }

  /// The reading of image `n` of the micro-batch.
  private func reading(_ n: Int, image: String) -> Reading {
    let codec = recognizer.description.codec
    guard measuresConfidence else {
      return Reading(image: image, text: codec.decode(labels[n]), confidence: nil, letters: nil)
    }
    let decoded = codec.decodeWithPlaces(labels[n])
    let confidence = LabelConfidence(labels[n], in: recognizer.network.logits, sequence: n)
    func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }
    return Reading(
      image: image, text: decoded.text, confidence: rounded(confidence.probability),
      letters: zip(decoded.text.unicodeScalars, decoded.places).map {
        Reading.Letter(letter: String($0), confidence: rounded(confidence.letters[$1]))
      })
  }
}

/// An image that a model cannot read; exit status 3.
package struct UnreadableImage: Error, CustomStringConvertible, ExitStatusProviding {
  package let description: String
  package var exitStatus: ExitStatus { .badData }

  init(_ description: String) {
    self.description = description.onOneLine
  }
}
