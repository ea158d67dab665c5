import Files
import Images

/// A page whose lines are records.
package final class Page: Sendable {
  /// The file that describes it.
  package let path: String
  package let imagePath: String
  /// Bytes of the image file.
  let size: Int64
  /// Whether the lines are those of the image as it is stored, not turned upright.
  let isStored: Bool

  /// Whether the document does not tell which of the two it is about.
  private let hasUnclearTurn: Bool

  /// What to say of that; nil if it is clear.
  var noteOfTurn: String? {
    guard hasUnclearTurn else { return nil }
    return
      "EXIF turns or mirrors \(lastComponent(imagePath)), and the file does not tell whether its lines are about the stored image or the "
      + "shown one; they are cut from the shown one: look at some (akuru lines), or store it upright"
  }

  init(path: String, imagePath: String, size: Int64, isStored: Bool, hasUnclearTurn: Bool = false) {
    (self.path, self.imagePath, self.size, self.isStored) = (path, imagePath, size, isStored)
    self.hasUnclearTurn = hasUnclearTurn
  }
}

/// A line of a page.
struct LineOfPage: Sendable {
  let page: Page
  /// The line's name in the file.
  let id: String
  let outline: LineOutline
}
