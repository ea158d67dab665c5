/// Cuts lines of writing out of a page: each is straightened along its baseline, and what is outside of its polygon becomes
/// paper. Made once for a page, and used by any number of threads at once.
///
/// An exactly horizontal or vertical line gives the page's own pixels; others are interpolated between four pixels
/// (bilinear). The same bits everywhere: integers for pixels, and for geometry only what IEEE 754 rounds exactly.
public struct LineCutter: Sendable {
  /// Increment it when other pixels are cut: caches of lines know it.
  public static let version = 1

  public let page: GrayImage
  public let limits: ImageLimits

  public init(_ page: GrayImage, limits: ImageLimits = ImageLimits()) { (self.page, self.limits) = (page, limits) }

  /// The line's image, of the size that `LineOutline.size` says.
  public func cut(_ outline: LineOutline) throws(LineError) -> GrayImage {
    let strip = try outline.strip(pageWidth: page.width, pageHeight: page.height, limits: limits)
    return page.withReadOnlyView { page in
      .filled(width: strip.width, height: strip.height) { strip.draw(page, into: $0) }
    }
  }
}

extension LineStrip {
  /// Draws the strip of `page` (only read) into `image`, every pixel of it.
  func draw(_ page: GrayView, into image: GrayView) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: image.count) { memory in
      let mask = LineMask(width: width, height: height, values: memory.baseAddress!)
      mask.fill(inside: self)
      StripSampler(self, page).draw(mask, into: image)
      let paper = LinePaper(image, inside: mask)
      paper.fill(image, outside: mask)
    }
  }
}
