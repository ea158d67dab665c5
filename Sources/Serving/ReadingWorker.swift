import Datasets
import Dispatch
import Recognition
import Synchronization

/// The answer to `POST /read`.
struct ReadingAnswer: Encodable, Sendable {
  let text: String
  /// The probability of the whole text.
  let confidence: Double?
  let letters: [Reading.Letter]?
}

/// The answer to `POST /page` for programs that take JSON.
struct PageAnswer: Encodable, Sendable {
  /// A line of the page, in the order of its file.
  struct Line: Encodable, Sendable {
    let line: String
    /// The line's polygon or its box, [x, y] in pixels of the page.
    let points: [[Double]]
    let text: String?
    let confidence: Double?
    let letters: [Letter]?
    /// Why the line was not read.
    let error: String?
  }

  struct Letter: Encodable, Sendable {
    let letter: String
    let confidence: Double
  }

  let lines: [Line]
  /// The page's file with its texts.
  let file: String
}

/// A page with what was read in it.
struct ReadPage: Sendable {
  let transcript: PageTranscript
  /// Why lines were not read, by their places.
  let errors: [Int: String]

  func answer(_ file: [UInt8]) throws -> PageAnswer {
    let lines = zip(transcript.document.lines, transcript.lines).enumerated().map { place, pair in
      let (line, read) = pair
      return PageAnswer.Line(
        line: line.id, points: line.outline.corners.map { [$0.x, $0.y] }, text: read?.text,
        confidence: read?.confidence,
        letters: read?.letters.map { PageAnswer.Letter(letter: $0.text, confidence: $0.confidence) },
        error: errors[place])
    }
    return PageAnswer(lines: lines, file: try pageText(file))
  }
}

/// The network, used by one request at a time, on its own queue.
///
/// Unchecked: `reader` is accessed on `queue` only.
final class ReadingWorker: @unchecked Sendable {
  private let reader: ImageReader
  private let queue = DispatchQueue(label: "akuru.reading")
  private let waiting = Atomic<Int>(0)

  init(_ reader: sending ImageReader) {
    self.reader = reader
  }

  /// Reads an image file; nil if too many requests are waiting.
  /// - Throws: the errors of `ImageReader.read(bytes:name:)`.
  func read(_ bytes: [UInt8]) async throws -> ReadingAnswer? {
    try await perform { reader in
      let reading = try reader.read(bytes: bytes, name: "the image")
      return ReadingAnswer(text: reading.text, confidence: reading.confidence, letters: reading.letters)
    }
  }

  /// Reads a page; nil if too many requests are waiting.
  /// - Throws: `DataSetError` if the page or its image cannot be used.
  func read(page: [UInt8], name: String, image: [UInt8]) async throws -> ReadPage? {
    try await perform { reader in
      let page = try PageToRead(page, name: name, image: image)
      var errors: [Int: String] = [:]
      let lines = try reader.read(page).enumerated().map { place, result in
        do {
          return try result.get() as LineTranscript?
        } catch {
          errors[place] = "\(error)"
          return nil
        }
      }
      return ReadPage(transcript: PageTranscript(page, lines: lines), errors: errors)
    }
  }

  private func perform<Answer: Sendable>(
    _ body: @escaping @Sendable (ImageReader) throws -> Answer
  ) async throws -> Answer? {
    defer { waiting.subtract(1, ordering: .relaxed) }
    guard waiting.add(1, ordering: .relaxed).newValue <= RecognitionServer.longestQueue else { return nil }
    return try await withCheckedThrowingContinuation { continuation in
      queue.async { [self] in continuation.resume(with: Result { try body(reader) }) }
    }
  }
}
