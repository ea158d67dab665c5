/// Common Sinhala words, in NFC, each once: nouns, inflected verbs, adjectives, numbers, function words and names.
package enum SinhalaWords {
  package static let all: [String] = [people, nature, places, society, verbs, qualities].flatMap { text in
    text.split(whereSeparator: \.isWhitespace).map(String.init)
  }
}
