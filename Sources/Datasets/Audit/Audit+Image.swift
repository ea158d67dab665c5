import Images

extension Audit {
  /// Checks that an image can be read, and that something is written on it.
  ///
  /// - Returns: the width of its writing at the network's height, without gaps; 0 if that says nothing about the text.
  func checkImage(_ image: GrayImage, of record: Record, _ finding: Finding) -> Int {
    let size = "\(image.width) x \(image.height) pixels"
    let letters = record.text.letterCount
    guard Audit.isLargeEnough(image, for: record.text) else {
      finding(
        .imageTooSmall, use == .training,
        "the image is too small to read: \(size), and a letter needs 2 x 5; use a larger image or remove the record")
      return 0
    }
    let survey = InkSurvey(image)
    if survey.isBlank || survey.isBarsOnly && letters >= 3 {
      let what = survey.isBlank ? "nothing is written on the image" : "the image shows bars and no writing"
      finding(.blankImage, false, "\(what); use another image or remove the record")
      return 0
    }
    if survey.isInverted {
      // With --polarity auto, such images are inverted before they come here.
      finding(
        .invertedImage, false,
        "the writing is lighter than the paper; train with --polarity auto, which inverts such images, or invert the image"
      )
    }
    if letters >= 3 && image.height > image.width
      && Double(image.width) < Audit.leastPartOfHeight * Double(image.height * letters)
    {
      let remedy =
        geometry.preparation.lines == .horizontal
        ? "if the line is vertical, train with --lines vertical, or turn the image"
        : "--lines turns all images: is this line horizontal?"
      finding(.verticalImage, false, "the image is too tall for its \(letters) letters (\(size)); \(remedy)")
      return 0
    }
    return max(1, (2 * survey.inkColumns * geometry.height + image.height) / (2 * image.height))
  }

  /// Width of a letter as a part of the image's height. The narrowest of 4146 lines of Fraktur and Arabic have 0.156 on
  /// average, columns of single letters 0.06.
  private static let leastPartOfHeight = 0.15

  /// The smallest fonts have letters of 3 x 5 pixels, whose strokes are 1 pixel wide. Punctuation is smaller.
  private static func isLargeEnough(_ image: GrayImage, for text: String) -> Bool {
    guard text.unicodeScalars.contains(where: \.isLetterOrDigit) else { return image.width * image.height >= 4 }
    return image.width >= 2 && image.height >= 5
  }
}
