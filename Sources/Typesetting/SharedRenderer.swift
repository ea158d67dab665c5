import Images
import Synchronization

/// A renderer shared by several threads, which take turns. Cairo keeps ten fonts open per process, and is not safe if
/// one thread closes another's font: with more fonts, threads cannot have separate renderers.
final class SharedRenderer: Sendable {
  /// The largest number of fonts for which each thread has its own renderer.
  static let mostFonts = 8

  private let renderer: Mutex<WordRenderer>

  init(faces: [FontFace], direction: BaseDirection) throws(TypesettingError) {
    renderer = Mutex(try WordRenderer(faces: faces, direction: direction))
  }

  /// See `WordRenderer.draw`.
  func draw(_ word: WordImage) throws(TypesettingError) -> (image: GrayImage, text: String) {
    try renderer.withLock { (renderer) throws(TypesettingError) in try renderer.draw(word) }
  }
}

/// The renderer of one thread.
enum ThreadRenderer {
  case own(WordRenderer)
  case shared(SharedRenderer)

  init(faces: [FontFace], direction: BaseDirection, shared: SharedRenderer?) throws(TypesettingError) {
    if let shared { self = .shared(shared) } else { self = .own(try WordRenderer(faces: faces, direction: direction)) }
  }

  /// See `WordRenderer.draw`.
  func draw(_ word: WordImage) throws(TypesettingError) -> (image: GrayImage, text: String) {
    switch self {
    case .own(let renderer): try renderer.draw(word)
    case .shared(let renderer): try renderer.draw(word)
    }
  }
}
