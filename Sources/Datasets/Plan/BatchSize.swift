import Messages

/// The number of images in a step: one number, or sizes that follow each other in the course of a run.
///
/// Small batches learn most per image early in a run, while the gradients of different images agree; large ones feed more
/// ranks (McCandlish et al. 2018, arXiv 1812.06162; Smith et al. 2018, arXiv 1711.00489). Written `32`; `8..64`, which
/// doubles when an eighth, a quarter and half of the run's images are done; or `8,32@0.25`, each size with the share of
/// the images from which on it is used.
package struct BatchSize: Sendable, Equatable {
  /// A size, and the share of the run's images that are done when it begins.
  package struct Phase: Sendable, Equatable {
    package var images: Int
    package var from: Double
  }

  /// The first begins at 0; sizes and shares increase.
  package let phases: [Phase]

  /// The size of all steps.
  package init(_ images: Int) { phases = [Phase(images: images, from: 0)] }

  /// Doubles from `first` to `last`, the last time when half of the images are done, and before that each time when half
  /// as many were: a batch in proportion to the images seen.
  package init?(doublingFrom first: Int, to last: Int) {
    guard first >= 1, last >= first, last <= BatchSize.largest else { return nil }
    var phases = [Phase(images: first, from: 0)]
    while let size = phases.last?.images, size < last { phases.append(Phase(images: 2 * size, from: 0)) }
    guard phases.last?.images == last else { return nil }
    var share = 1.0
    for index in phases.indices.dropFirst().reversed() {
      share /= 2
      phases[index].from = share
    }
    self.phases = phases
  }

  package static let largest = 1_000_000

  package var first: Int { phases[0].images }
  /// The largest size, that of the last steps.
  package var last: Int { phases[phases.count - 1].images }
  /// Whether later steps have more images.
  package var grows: Bool { phases.count > 1 }
}

extension BatchSize: ExpressibleByIntegerLiteral {
  package init(integerLiteral value: Int) { self.init(value) }
}

extension BatchSize: CustomStringConvertible {
  package var description: String {
    phases.map { $0.from == 0 ? "\($0.images)" : "\($0.images)@\($0.from)" }.joined(separator: ",")
  }

  /// - Throws: `ConfigurationError` for a text that has no such form.
  package init(_ text: String) throws(ConfigurationError) {
    func wrong(_ why: String) -> ConfigurationError {
      ConfigurationError(
        option: "batchSize",
        " \(text.shortened): \(why); give 32, 8..64 (doubling), or 8,32@0.25,64@0.5 (sizes from shares)")
    }
    if let range = text.firstRange(of: "..") {
      guard let first = Int(text[..<range.lowerBound]), let last = Int(text[range.upperBound...]),
        let size = BatchSize(doublingFrom: first, to: last)
      else { throw wrong("the last size must be the first one doubled once or several times") }
      self = size
      return
    }
    var phases: [Phase] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let fields = part.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
      guard let images = Int(fields[0]), let from = fields.count == 1 ? 0 : Double(fields[1]) else {
        throw wrong("is no batch size")
      }
      phases.append(Phase(images: images, from: from))
      let isFirst = phases.count == 1
      guard isFirst ? from == 0 : from > phases[phases.count - 2].from && from < 1 else {
        throw wrong("shares of the run must increase, from above 0 to below 1")
      }
      guard isFirst || images > phases[phases.count - 2].images else { throw wrong("sizes must increase") }
    }
    self.phases = phases
  }
}

extension BatchSize: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let images = try? container.decode(Int.self) {
      self.init(images)
    } else {
      try self.init(try container.decode(String.self))
    }
  }

  /// A number if it does not grow, else all sizes with their shares.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if grows { try container.encode(description) } else { try container.encode(first) }
  }
}
