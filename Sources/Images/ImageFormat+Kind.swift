extension ImageFormat {
  /// What kind of image or document starts with these bytes, for messages, as in "a PNG image"; nil for text and unknown bytes.
  package static func kind(of start: UnsafeRawBufferPointer) -> String? {
    let guess = guess(start)
    return guess == "text" || guess == "something else" ? nil : guess
  }
}
