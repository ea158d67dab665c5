import Datasets
import Images
import NeuralNetwork

/// An image as the network takes it.
struct LineInput {
  let image: GrayImage
  let places: ColumnPlaces
  let isBlank: Bool
  /// A text whose probability is asked for.
  var reference: String?
}

/// Reads lines on one thread, with a network, a decoder and memory of its own.
final class LineReader {
  private let description: ModelDescription
  private let network: CRNN
  private let decoder: any LabelDecoder
  private let buffer = ImageBuffer()
  private let labels = LabelBatch()

  init(_ description: ModelDescription, _ network: CRNN, _ decoder: any LabelDecoder) {
    (self.description, self.network, self.decoder) = (description, network, decoder)
  }

  /// The image of a line, which must not be one of a page.
  func lineInput(_ image: GrayImage, name: String, isFile: Bool = false) throws -> LineInput {
    if isPage(image) { throw UnreadableImage(page: name, isFile: isFile) }
    return try input(image, name: name)
  }

  private func isPage(_ image: GrayImage) -> Bool {
    switch description.geometry.preparation.lines {
    case .horizontal: PageSurvey(image).isPage
    case .vertical, .verticalUp: PageSurvey(image.turnedClockwise()).isPage
    }
  }

  /// The image, resized to the network's height.
  func input(_ image: GrayImage, name: String) throws -> LineInput {
    let places: ColumnPlaces
    do throws(TooWideImage) {
      places = try description.geometry.fit(image, into: buffer)
    } catch {
      throw UnreadableImage("\(name): \(error)")
    }
    let view = buffer.view
    let pixels = Array(UnsafeBufferPointer(start: view.pixels, count: view.count))
    return LineInput(
      image: GrayImage(width: view.width, height: view.height, pixels: pixels), places: places,
      isBlank: InkSurvey(image).isBlank)
  }

  /// Reads a micro-batch of images, from wide to narrow.
  func read(_ lines: [(name: String, input: LineInput)], confidence: Bool) throws -> [Reading] {
    try decode(lines.map(\.input.image))
    return lines.enumerated().map { reading($0, $1.input, name: $1.name, confidence) }
  }

  /// Decodes a micro-batch of images, from wide to narrow, into `labels`.
  private func decode(_ images: [GrayImage]) throws {
    try network.plan(widths: images.map(\.width))
    network.clearInput()
    for (n, image) in images.enumerated() {
      image.pixels.withUnsafeBufferPointer { network.load(image: n, pixels: $0.baseAddress!, width: image.width) }
    }
    network.forward(.evaluation)
    decoder.decode(network.logits, into: labels)
  }

  /// The reading of image `n` of the micro-batch.
  private func reading(_ n: Int, _ input: LineInput, name: String, _ measures: Bool) -> Reading {
    let codec = description.codec
    let label = input.isBlank ? [] : Array(labels[n])
    guard measures else {
      return Reading(
        image: name, text: codec.decode(label), confidence: nil, letters: nil, words: nil, isBlank: input.isBlank)
    }
    let decoded = codec.decodeWithPlaces(label)
    let logits = network.logits
    let confidence = LabelConfidence(label, in: logits, sequence: n)
    // Columns of the input for a time step.
    let step = Double(input.image.width) / Double(max(1, logits.layout.lengths[n]))
    let spans = confidence.steps.map { Double($0.lowerBound) * step...Double($0.upperBound) * step }
    let scalars = Array(decoded.text.unicodeScalars)
    let letters = zip(scalars, decoded.places).map { letter, place in
      Reading.Letter(
        letter: String(letter), confidence: rounded(confidence.letters[place], 1e4),
        from: rounded(input.places.along(spans[place].lowerBound), 10),
        to: rounded(input.places.along(spans[place].upperBound), 10), box: input.places.box(spans[place]))
    }
    var isSpace = [Bool](repeating: false, count: label.count)
    for (letter, place) in zip(scalars, decoded.places) { isSpace[place] = letter.properties.isWhitespace }
    let places = WordPlaces(input.image, spans: spans, isSpace: isSpace)
    let words = LineTranscript.words(of: decoded.text).compactMap { word in
      places.columns(ofLetters: decoded.places[word]).map { columns in
        Reading.Word(
          text: letters[word].map(\.letter).joined(),
          confidence: rounded(decoded.places[word].reduce(1) { $0 * confidence.letters[$1] }, 1e4),
          box: input.places.box(columns))
      }
    }
    return Reading(
      image: name, text: decoded.text, confidence: rounded(confidence.probability, 1e4), letters: letters,
      words: words, isBlank: input.isBlank, referenceScore: input.reference.flatMap { score(of: $0, n) })
  }

  /// ln p(text | image n) for each letter, and one more.
  private func score(of text: String, _ n: Int) -> Double? {
    let codec = description.codec
    guard let label = try? codec.encode(text) else { return nil }
    return LabelConfidence(label, in: network.logits, sequence: n).logProbability / Double(label.count + 1)
  }
}

private func rounded(_ value: Double, _ units: Double) -> Double { (value * units).rounded() / units }
