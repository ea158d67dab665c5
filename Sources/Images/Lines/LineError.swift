import Messages

/// Why a line cannot be cut out of its page. `description` is one line, without the line's name.
public enum LineError: Error, Equatable, Sendable, CustomStringConvertible, ExitStatusProviding {
  /// Baseline and polygon have more points than `LineOutline.mostPoints`.
  case tooManyPoints(Int)
  /// A coordinate or the rotation is no number, or beyond `LineOutline.farthest`.
  case badCoordinate
  /// The outline has no polygon and no box, so the line has no height.
  case noHeight(baselinePoints: Int)
  /// The cut image would have fewer than 2 x 2 pixels.
  case noArea
  /// No pixel of the page is in the line's region.
  case outsidePage
  /// The cut image would be beyond `ImageLimits`.
  case tooLarge(String)

  package var exitStatus: ExitStatus { .badData }

  public var description: String {
    let text =
      switch self {
      case .tooManyPoints(let count): "the outline has \(count) points, at most \(LineOutline.mostPoints); simplify it"
      case .badCoordinate:
        "a coordinate of the outline is no number or beyond \(Int(LineOutline.farthest)) pixels; correct the file"
      case .noHeight(0): "the line has no baseline, polygon or box; draw it again"
      case .noHeight(1): "the baseline is one point, without polygon or box; draw it again"
      case .noHeight: "a baseline without polygon or box says no height; add polygons (Coords, Shape) and export again"
      case .noArea: "the outline has no area (fewer than 2 x 2 pixels); draw it again"
      case .outsidePage: "the outline is outside of the page; does the file belong to this image?"
      case .tooLarge(let detail): "the cut line is too large (\(detail)); draw it again or scale the page down"
      }
    return text.onOneLine
  }
}
