import Files
import Images

/// A page whose lines are to be read: its file, and its image.
package final class PageToRead: Sendable {
  package let path: String
  package let document: PageDocument
  let bytes: [UInt8]
  private let image: Source

  private enum Source: Sendable {
    case file(Page)
    case decoded(GrayImage)
  }

  /// Opens a PAGE-XML or ALTO file, and finds its image as the readers of ground truth do.
  /// - Throws: ``DataSetError`` that names the file and the remedy.
  package init(_ path: String) throws(DataSetError) {
    bytes = try PagesReader.contents(path)
    var document = try PageDocument.read(bytes, path: path)
    let page = try PagesReader.page(
      of: &document, lastComponent(path), in: GroundTruthFolder(root: Files.folder(of: path)))
    (self.path, self.document, image) = (path, document, .file(page))
  }

  /// A page in memory with its image.
  package init(_ bytes: [UInt8], name: String, image: [UInt8]) throws(DataSetError) {
    var document = try PageDocument.read(bytes, path: name)
    let decoded = try PageToRead.decoded(image, of: document, name)
    document.size = document.size ?? (decoded.width, decoded.height)
    (path, self.bytes, self.document, self.image) = (name, bytes, document, .decoded(decoded))
  }

  /// The file of its image; nil for one in memory.
  package var imagePath: String? { if case .file(let page) = image { page.imagePath } else { nil } }

  /// What to say of a page that is read, and perhaps not as it should be.
  package var note: String? {
    guard case .file(let page) = image else { return nil }
    return page.noteOfTurn.map { "\(page.path): \($0)" }
  }

  /// What cuts lines out of the image, decoded.
  /// - Throws: ``DataSetError`` that names the image.
  package func cutter() throws(DataSetError) -> LineCutter {
    switch image {
    case .file(let page): LineCutter(try RecordImages.image(of: page))
    case .decoded(let image): LineCutter(image)
    }
  }

  /// The image as the document sees it: upright, or as it is stored.
  private static func decoded(
    _ bytes: [UInt8], of document: PageDocument, _ name: String
  ) throws(DataSetError) -> GrayImage {
    let shown: GrayImage
    let stored: GrayImage
    do throws(ImageError) {
      shown = try ImageFile.decode(bytes, limits: .page)
      guard let said = document.size, said != (shown.width, shown.height) else { return shown }
      stored = try ImageFile.decode(bytes, limits: .page, asStored: true)
      if said == (stored.width, stored.height) { return stored }
    } catch {
      throw .badImage(path: "the image of \(name)", reason: error.description)
    }
    let (width, height) = document.size ?? (0, 0)
    throw .badImage(
      path: "the image of \(name)",
      reason: "it has \(shown.width) x \(shown.height) pixels, and the page says \(width) x \(height); "
        + "take the image that the page was made for")
  }

  /// Whether a file is one of a page, by the end of its name.
  package static func isNamed(_ path: String) -> Bool { path.utf8.count > 4 && lowercased(path).hasSuffix(".xml") }

  /// Whether a file is PAGE-XML or ALTO, by its start.
  package static func isPage(_ path: String) -> Bool { (try? GroundTruthForm.of(file: path)) == .form(.xml) }
}
