/// The operations that came after the first sets: what line images from elsewhere have.
extension Augmentation {
  /// What a change of the geometry uncovers, and patches that are erased, have the gray of the image's own paper. Else they are white.
  package struct Paper: Sendable, Codable, Equatable {
    package var chance: Float
  }

  /// Other margins above and below: the writing is scaled to a share of the image's height, and stands at any place in it.
  package struct Framing: Sendable, Codable, Equatable {
    package var chance: Float
    /// Height of the writing, as a share of the image's height.
    package var share: ClosedRange<Float>

    /// The largest factor: images with wide margins do not get several times as wide.
    static let mostScale = 1.5
  }

  /// Ink of the lines above and below at the edges. It is taken from the image itself, moved sideways.
  package struct Neighbors: Sendable, Codable, Equatable {
    package var chance: Float
    /// Rows at an edge, as a share of the image's height.
    package var reach: ClosedRange<Float>
  }

  /// Straight lines near the edges: parts of a frame, or rules.
  package struct Rules: Sendable, Codable, Equatable {
    package var chance: Float
    /// Largest distance from the edge, as a share of the image's height.
    package var distance: Float
  }

  /// The image is made smaller and larger again: an image of few pixels.
  package struct Resampling: Sendable, Codable, Equatable {
    package var chance: Float
    /// Height of the smaller image, as a share of the image's height.
    package var scale: ClosedRange<Float>
  }

  /// Paper becomes white and ink black; only the edges of strokes stay gray, as in a binary image that was made smaller.
  package struct Binarization: Sendable, Codable, Equatable {
    package var chance: Float
    /// Where ink begins, from the darkest (0) to the lightest value (1) of the image.
    package var threshold: ClosedRange<Float>
  }

  /// Light writing on dark paper.
  package struct Inversion: Sendable, Codable, Equatable {
    package var chance: Float
  }

  /// This set with all operations: those that are nil have the chance 0.
  var complete: Augmentation {
    var set = self
    set.paper = paper ?? Paper(chance: 0)
    set.framing = framing ?? Framing(chance: 0, share: 1...1)
    set.neighbors = neighbors ?? Neighbors(chance: 0, reach: 0...0)
    set.rules = rules ?? Rules(chance: 0, distance: 0)
    set.resampling = resampling ?? Resampling(chance: 0, scale: 1...1)
    set.binarization = binarization ?? Binarization(chance: 0, threshold: 0.5...0.5)
    set.inversion = inversion ?? Inversion(chance: 0)
    return set
  }

  /// This set with nil for the later operations that have the chance 0.
  var reduced: Augmentation {
    var set = self
    if paper?.chance == 0 { set.paper = nil }
    if framing?.chance == 0 { set.framing = nil }
    if neighbors?.chance == 0 { set.neighbors = nil }
    if rules?.chance == 0 { set.rules = nil }
    if resampling?.chance == 0 { set.resampling = nil }
    if binarization?.chance == 0 { set.binarization = nil }
    if inversion?.chance == 0 { set.inversion = nil }
    return set
  }
}
