import Datasets
import Images
import Messages
import NeuralNetwork

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
  static let (window, windowColumns) = (512, 1 << 17)
  private static let (microBatch, microBatchColumns) = (16, 1 << 13)

  /// An image as the network takes it.
  struct Input {
    let image: GrayImage
    let places: ColumnPlaces
    let isBlank: Bool
    /// A text whose probability is asked for.
    var reference: String?
  }

  /// - Throws: the errors of ``DecodingOptions``.
  package init(_ recognizer: Recognizer, decoding: DecodingOptions = DecodingOptions(), confidence: Bool = false) throws
  {
    self.recognizer = recognizer
    decoder = try decoding.decoder(recognizer.description.codec, recognizer.description.textPolicy)
    measuresConfidence = confidence
  }

  /// Calls `body` for each image in order, with an error for an unreadable one: `ImageError` for a file that is no
  /// usable image; ``UnreadableImage`` for one that is too wide, or a page; or an error of `images`.
  ///
  /// - Parameter page: called, in the same order, for a file of a page, by the end of its name.
  package func read(
    _ images: some ImagePaths, _ body: (_ path: String, Result<Reading, any Error>) throws -> Void,
    page: (_ path: String) throws -> Void = { throw UnreadableImage("\($0): a page's file is no image") }
  ) throws {
    // The first windows are small, so that the first results appear soon.
    var size = ImageReader.microBatch
    var isAtEnd = false
    while !isAtEnd {
      var (paths, window): ([String], [Result<Input, any Error>]) = ([], [])
      var columns = 0
      var pageFile: String?
      gather: while window.count < size && columns < ImageReader.windowColumns {
        switch try images.next(waits: window.isEmpty) {
        case .image(let path) where PageToRead.isNamed(path):
          pageFile = path
          break gather
        case .image(let path):
          let image = Result { try lineInput(try ImageFile.read(path: path), name: path) }
          if case .success(let input) = image { columns += input.image.width }
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
      let results = try read(window, paths, confidence: measuresConfidence)
      for (path, result) in zip(paths, results) { try body(path, result) }
      if let pageFile { try page(pageFile) }
      size = min(2 * size, ImageReader.window)
    }
  }

  /// Reads one image file in memory.
  /// - Throws: `ImageError`, ``UnreadableImage``, whose texts use `name` for the image.
  package func read(bytes: [UInt8], name: String) throws -> Reading {
    let input = try lineInput(try ImageFile.decode(bytes), name: name)
    return try read([.success(input)], [name], confidence: measuresConfidence)[0].get()
  }

  /// The image of a line, which must not be one of a page.
  private func lineInput(_ image: GrayImage, name: String) throws -> Input {
    if isPage(image) { throw UnreadableImage(page: name) }
    return try input(image, name: name)
  }

  private func isPage(_ image: GrayImage) -> Bool {
    switch recognizer.description.geometry.preparation.lines {
    case .horizontal: PageSurvey(image).isPage
    case .vertical, .verticalUp: PageSurvey(image.turnedClockwise()).isPage
    }
  }

  /// The image, resized to the network's height.
  func input(_ image: GrayImage, name: String) throws -> Input {
    let places: ColumnPlaces
    do throws(TooWideImage) {
      places = try recognizer.description.geometry.fit(image, into: buffer)
    } catch {
      throw UnreadableImage("\(name): \(error)")
    }
    let view = buffer.view
    let pixels = Array(UnsafeBufferPointer(start: view.pixels, count: view.count))
    return Input(
      image: GrayImage(width: view.width, height: view.height, pixels: pixels), places: places,
      isBlank: InkSurvey(image).isBlank)
  }

  /// Reads the images of a window; the results have the same order.
  func read(
    _ inputs: [Result<Input, any Error>], _ names: [String], confidence: Bool
  ) throws -> [Result<Reading, any Error>] {
    let good = inputs.enumerated().compactMap { i, input in (try? input.get()).map { (index: i, input: $0) } }
    let sorted = good.sorted { ($1.input.image.width, $0.index) < ($0.input.image.width, $1.index) }
    var readings = [Reading?](repeating: nil, count: inputs.count)
    var start = 0
    while start < sorted.count {
      // The first is the widest.
      let fitting = max(1, ImageReader.microBatchColumns / sorted[start].input.image.width)
      let part = sorted[start..<min(sorted.count, start + min(fitting, ImageReader.microBatch))]
      start = part.endIndex
      try read(part.map(\.input.image))
      for (n, item) in part.enumerated() {
        readings[item.index] = reading(n, item.input, name: names[item.index], confidence)
      }
    }
    return zip(inputs, readings).map { input, reading in input.map { _ in reading! } }
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
  private func reading(_ n: Int, _ input: Input, name: String, _ measures: Bool) -> Reading {
    let codec = recognizer.description.codec
    let label = input.isBlank ? [] : Array(labels[n])
    guard measures else {
      return Reading(
        image: name, text: codec.decode(label), confidence: nil, letters: nil, words: nil, isBlank: input.isBlank)
    }
    let decoded = codec.decodeWithPlaces(label)
    let logits = recognizer.network.logits
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
    let codec = recognizer.description.codec
    guard let label = try? codec.encode(text) else { return nil }
    return LabelConfidence(label, in: recognizer.network.logits, sequence: n).logProbability / Double(label.count + 1)
  }
}

private func rounded(_ value: Double, _ units: Double) -> Double { (value * units).rounded() / units }

/// An image that a model cannot read; exit status 3.
package struct UnreadableImage: Error, CustomStringConvertible, ExitStatusProviding {
  package let description: String
  package var exitStatus: ExitStatus { .badData }

  init(_ description: String) {
    self.description = description.onOneLine
  }

  /// An image that shows a page: a model reads lines.
  init(page name: String) {
    let stem = ImageFormat.stem(ofName: name).map { String(decoding: $0, as: UTF8.self) } ?? name
    self.init(
      "\(name): a page, and a model reads lines; find them with kraken -x -i \(name) \(stem).xml segment -bl, and read them with "
        + "akuru predict --checkpoint CHECKPOINT \(stem).xml")
  }
}
