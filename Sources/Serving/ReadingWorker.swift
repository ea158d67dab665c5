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
    defer { waiting.subtract(1, ordering: .relaxed) }
    guard waiting.add(1, ordering: .relaxed).newValue <= RecognitionServer.longestQueue else { return nil }
    return try await withCheckedThrowingContinuation { continuation in
      queue.async { [self] in
        continuation.resume(
          with: Result {
            let reading = try reader.read(bytes: bytes, name: "the image")
            return ReadingAnswer(text: reading.text, confidence: reading.confidence, letters: reading.letters)
          })
      }
    }
  }
}
