import Images

/// The loader's source of images: resized to the network's height, not augmented.
package protocol ImageSource: Sendable {
  /// Loads the image of `sample` into `image`. Each thread uses its own buffer; several threads may call it with
  /// different buffers.
  func load(_ sample: Int, into image: ImageBuffer) throws
}

/// A reused buffer for one gray image, with what produces it. One thread owns it.
package final class ImageBuffer {
  package private(set) var width = 0
  package private(set) var height = 0
  private var pixels = UnsafeMutablePointer<UInt8>.allocate(capacity: 0)
  private var capacity = 0
  /// Resizes into this buffer.
  package let resampler = Resampler()
  /// Reads the images to resize.
  let records = RecordImages()

  package init() {}

  deinit { pixels.deallocate() }

  /// Sets the size and reserves memory for it; the contents are undefined.
  package func reserve(width: Int, height: Int) {
    precondition(width > 0 && height > 0)
    if width * height > capacity {
      pixels.deallocate()
      capacity = width * height
      pixels = .allocate(capacity: capacity)
      pixels.initialize(repeating: 255, count: capacity)
    }
    (self.width, self.height) = (width, height)
  }

  /// The image. Valid until the next ``reserve(width:height:)``, during the buffer's lifetime.
  package var view: GrayView { GrayView(width: width, height: height, pixels: pixels) }
}

/// Decodes and resizes the image files of a data set at each use.
package struct FileImageSource: ImageSource {
  private let records: [Record]
  private let geometry: InputGeometry

  package init(_ dataSet: DataSet, geometry: InputGeometry) {
    records = dataSet.records
    self.geometry = geometry
  }

  /// - Throws: ``DataSetError`` that names the file.
  package func load(_ sample: Int, into image: ImageBuffer) throws { try read(sample, into: image) }

  /// ``load(_:into:)`` with a typed error.
  func read(_ sample: Int, into image: ImageBuffer) throws(DataSetError) {
    try resize(try image.records.image(of: records[sample]), path: records[sample].absolutePath, into: image)
  }

  /// The same for an image that has been read.
  func resize(_ original: GrayImage, path: String, into image: ImageBuffer) throws(DataSetError) {
    do throws(TooWideImage) {
      try geometry.fit(original, into: image)
    } catch {
      throw .badImage(path: path, reason: error.description)
    }
  }
}

extension InputGeometry {
  /// Prepares a decoded image and resizes it to the network's height, with its aspect ratio kept. Training and prediction share
  /// this function.
  ///
  /// - Returns: where the columns of the result were.
  /// - Throws: ``TooWideImage`` if the resized image is wider than ``InputGeometry/maximumWidth``.
  @discardableResult
  package func fit(_ decoded: GrayImage, into image: ImageBuffer) throws(TooWideImage) -> ColumnPlaces {
    let line = preparation.line(of: decoded)
    let original = line.image
    let width = resizedWidth(width: original.width, height: original.height)
    guard width <= maximumWidth else { throw TooWideImage(width: width, height: height, maximumWidth: maximumWidth) }
    image.reserve(width: width, height: height)
    let margin = preparation.sideMargin
    if margin == 0 {
      original.withReadOnlyView { image.resampler.resize($0, into: image.view, filter: preparation.filter) }
    } else {
      resize(original, into: image.view, between: margin)
    }
    return ColumnPlaces(
      lines: preparation.lines, width: decoded.width, height: decoded.height, left: line.left, margin: margin,
      scale: Double(original.width) / Double(width - 2 * margin))
  }

  /// Resizes an image into the inner columns; `margin` white ones stay at each side.
  private func resize(_ original: GrayImage, into target: GrayView, between margin: Int) {
    let inner = ImageBuffer()
    inner.reserve(width: target.width - 2 * margin, height: target.height)
    original.withReadOnlyView { inner.resampler.resize($0, into: inner.view, filter: preparation.filter) }
    target.pixels.update(repeating: 255, count: target.count)
    for y in 0..<target.height {
      (target.pixels + y * target.width + margin).update(
        from: inner.view.pixels + y * inner.view.width, count: inner.view.width)
    }
  }
}

/// An image that is too wide for the network.
package struct TooWideImage: Error, CustomStringConvertible {
  let width: Int
  let height: Int
  let maximumWidth: Int

  package var description: String {
    "\(width) pixels wide at height \(height), at most \(maximumWidth) are allowed; cut it into shorter lines"
  }
}
