import Datasets
import Images

/// The text read from an image.
package struct Reading: Encodable, Sendable, Equatable {
  package let image: String
  package let text: String
  /// p(text | image): the network's probability that the whole text is right. nil if not requested.
  package let confidence: Double?
  /// One for each Unicode scalar of the text. nil if not requested.
  package let letters: [Letter]?
  /// The words in the order of the text. nil if not requested.
  package let words: [Word]?
  /// Whether nothing is written on the image; its text is empty then, whatever the network says.
  package let isBlank: Bool
  /// ln p(reference | image) for each letter of the reference, and one more for its end; nil without a reference, or for one
  /// with letters that the model does not know.
  package var referenceScore: Double?

  private enum CodingKeys: CodingKey { case image, text, confidence, letters }

  /// A letter of the text with its confidence.
  package struct Letter: Encodable, Sendable, Equatable {
    package let letter: String
    /// The letter's highest probability in the time steps from which it was read.
    package let confidence: Double
    /// Where these time steps begin and end, in pixels along the line: from the left of the image, for vertical lines from the top, or
    /// from the bottom if they run upward.
    package let from: Double
    package let to: Double
    /// The part of the image that they show.
    package let box: LineOutline.Box

    private enum CodingKeys: CodingKey { case letter, confidence, from, to }
  }

  /// A word of the text, which white space separates from others.
  package struct Word: Sendable, Equatable {
    package let text: String
    /// The product of its letters' confidences.
    package let confidence: Double
    /// The part of the image that shows it.
    package let box: LineOutline.Box
  }
}
