import Images
import Synchronization

/// A renderer for several threads, which take turns. Cairo keeps ten fonts open in a process, and is not safe where one
/// thread closes another's: with more fonts, threads cannot have renderers of their own.
final class SharedRenderer: Sendable {
  /// Fonts with which each thread may have a renderer of its own.
  static let mostFonts = 8

  private let renderer: Mutex<WordRenderer>

  init(faces: [FontFace]) throws(TypesettingError) {
    renderer = Mutex(try WordRenderer(faces: faces))
  }

  /// See `WordRenderer.draw`.
  func draw(_ word: WordImage) throws(TypesettingError) -> (image: GrayImage, text: String) {
    try renderer.withLock { (renderer) throws(TypesettingError) in try renderer.draw(word) }
  }
}

/// What one thread draws with.
enum ThreadRenderer {
  case own(WordRenderer)
  case shared(SharedRenderer)

  init(faces: [FontFace], shared: SharedRenderer?) throws(TypesettingError) {
    if let shared { self = .shared(shared) } else { self = .own(try WordRenderer(faces: faces)) }
  }

  /// See `WordRenderer.draw`.
  func draw(_ word: WordImage) throws(TypesettingError) -> (image: GrayImage, text: String) {
    switch self {
    case .own(let renderer): try renderer.draw(word)
    case .shared(let renderer): try renderer.draw(word)
    }
  }
}
