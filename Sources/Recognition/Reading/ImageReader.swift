import Datasets
import Foundation
import Images
import Messages
import NeuralNetwork
import Synchronization

/// Reads image files: `akuru predict`.
///
/// Some hundred images are decoded, sorted by width and read in micro-batches of similar widths, so that many sequences
/// share each matrix product of the LSTM. Several threads share the images, and then the micro-batches. Results are returned in the given
/// order; they do not depend on the number of threads.
package final class ImageReader {
  let description: ModelDescription
  private let network: CRNN
  private let makeDecoder: () -> any LabelDecoder
  private let measuresConfidence: Bool
  private let threads: Int
  /// One for each thread that has been needed.
  private var workers: [LineReader] = []

  /// The limits of images and of their total columns: decoded ahead, and in a micro-batch.
  static let (window, windowColumns) = (512, 1 << 17)
  private static let (microBatch, microBatchColumns) = (16, 1 << 13)
  /// Images that a thread decodes before the columns are counted again.
  private static let imagesAtOnce = 4

  /// The threads of a reader that was told no number: the cores that the process may use, up to a limit, as each thread needs memory.
  package static var usualThreads: Int { min(16, ProcessInfo.processInfo.activeProcessorCount) }

  /// - Throws: the errors of ``DecodingOptions``.
  package init(
    _ recognizer: Recognizer, decoding: DecodingOptions = DecodingOptions(), confidence: Bool = false,
    threads: Int = ImageReader.usualThreads
  ) throws {
    (description, network, self.threads) = (recognizer.description, recognizer.network, threads)
    makeDecoder = try decoding.decoders(description.codec, description.textPolicy)
    measuresConfidence = confidence
    workers = [LineReader(description, network, makeDecoder())]
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
      var (paths, window): ([String], [Result<LineInput, any Error>]) = ([], [])
      var (columns, isFull) = (0, false)
      var pageFile: String?
      while !isFull && window.count < size && columns < ImageReader.windowColumns {
        var next: [Result<String, any Error>] = []
        gather: while next.count < min(size - window.count, threads == 1 ? 1 : ImageReader.imagesAtOnce * threads) {
          switch try images.next(waits: window.isEmpty && next.isEmpty) {
          case .image(let path) where PageToRead.isNamed(path):
            pageFile = path
            isFull = true
            break gather
          case .image(let path):
            paths.append(path)
            next.append(.success(path))
          case .failure(let path, let error):
            paths.append(path)
            next.append(.failure(error))
          case .later:
            isFull = true
            break gather
          case .end:
            (isAtEnd, isFull) = (true, true)
            break gather
          }
        }
        let inputs = try map(next.count) { reader, i in
          next[i].flatMap { path in
            Result { try reader.lineInput(try ImageFile.read(path: path), name: path, isFile: true) }
          }
        }
        for case .success(let input) in inputs { columns += input.image.width }
        window += inputs
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
    let input = try workers[0].lineInput(try ImageFile.decode(bytes), name: name)
    return try read([.success(input)], [name], confidence: measuresConfidence)[0].get()
  }

  /// The image, resized to the network's height.
  func input(_ image: GrayImage, name: String) throws -> LineInput { try workers[0].input(image, name: name) }

  /// Reads the images of a window; the results have the same order.
  func read(
    _ inputs: [Result<LineInput, any Error>], _ names: [String], confidence: Bool
  ) throws -> [Result<Reading, any Error>] {
    let good = inputs.enumerated().compactMap { i, input in (try? input.get()).map { (index: i, input: $0) } }
    let sorted = good.sorted { ($1.input.image.width, $0.index) < ($0.input.image.width, $1.index) }
    var parts: [Range<Int>] = []
    while let start = parts.last?.upperBound ?? (sorted.isEmpty ? nil : 0), start < sorted.count {
      // The first is the widest.
      let fitting = max(1, ImageReader.microBatchColumns / sorted[start].input.image.width)
      parts.append(start..<min(sorted.count, start + min(fitting, ImageReader.microBatch)))
    }
    let read = try map(parts.count) { reader, part in
      Result {
        try reader.read(
          sorted[parts[part]].map { (name: names[$0.index], input: $0.input) }, confidence: confidence)
      }
    }
    var readings = [Reading?](repeating: nil, count: inputs.count)
    for (part, result) in zip(parts, read) {
      for (item, reading) in zip(sorted[part], try result.get()) { readings[item.index] = reading }
    }
    return zip(inputs, readings).map { input, reading in input.map { _ in reading! } }
  }

  /// The values of `read` for 0 ..< count, in order; each thread has a reader of its own and takes the next number.
  private func map<Value>(_ count: Int, _ read: (LineReader, Int) -> Value) throws -> [Value] {
    while workers.count < min(threads, count) {
      workers.append(LineReader(description, try network.copy(), makeDecoder()))
    }
    let (workers, used) = (workers, min(threads, count))
    guard used > 1 else { return (0..<count).map { read(workers[0], $0) } }
    return withoutActuallyEscaping(read) { read in
      // Each number has an element of its own, and each thread a reader.
      nonisolated(unsafe) let (read, workers) = (read, workers)
      return [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
        nonisolated(unsafe) let start = buffer.baseAddress!
        let next = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: used) { thread in
          while case let i = next.add(1, ordering: .relaxed).oldValue, i < count {
            (start + i).initialize(to: read(workers[thread], i))
          }
        }
        initialized = count
      }
    }
  }
}

/// An image that a model cannot read; exit status 3.
package struct UnreadableImage: Error, CustomStringConvertible, ExitStatusProviding {
  package let description: String
  package var exitStatus: ExitStatus { .badData }

  init(_ description: String) {
    self.description = description.onOneLine
  }

  /// An image that shows a page: a model reads lines.
  ///
  /// - Parameter isFile: whether the name is a path of this machine, beside which the lines of the page may be.
  init(page name: String, isFile: Bool) {
    let stem = ImageFormat.stem(ofName: name).map { String(decoding: $0, as: UTF8.self) } ?? name
    if isFile, PageToRead.isPage("\(stem).xml") {
      self.init(
        "\(name): a page, and a model reads lines, which \(stem).xml has: akuru predict --checkpoint CHECKPOINT \(stem).xml --output DIR"
      )
      return
    }
    self.init(
      "\(name): a page, and a model reads lines; find them with kraken -x -i \(name) \(stem).xml segment -bl, and read them with "
        + "akuru predict --checkpoint CHECKPOINT \(stem).xml")
  }
}
