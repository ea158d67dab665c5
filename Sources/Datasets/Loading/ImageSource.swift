import Images

/// Where the loader gets the images of a data set from, resized to the network's height, not augmented.
package protocol ImageSource: Sendable {
  /// Puts the image of sample `sample` into `image`. Called by one thread at a time with its own buffer; several
  /// threads may call with different buffers.
  func load(_ sample: Int, into image: ImageBuffer) throws
}

/// A reused buffer for one gray image, with the scratch memory that making it takes. Belongs to one thread.
package final class ImageBuffer {
  package private(set) var width = 0
  package private(set) var height = 0
  private var pixels = UnsafeMutablePointer<UInt8>.allocate(capacity: 0)
  private var capacity = 0
  /// Resizes into this buffer.
  package let resampler = Resampler()

  package init() {}

  deinit { pixels.deallocate() }

  /// Makes room for an image of the given size; its contents are undefined.
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

  /// The image. Valid until the next ``reserve(width:height:)`` and as long as the buffer.
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

  /// - Throws: ``DataSetError`` naming the file.
  package func load(_ sample: Int, into image: ImageBuffer) throws { try read(sample, into: image) }

  /// As ``load(_:into:)``, saying what it throws.
  func read(_ sample: Int, into image: ImageBuffer) throws(DataSetError) {
    let record = records[sample]
    try resize(try record.readImage(), path: record.absolutePath, into: image)
  }

  /// The same for an image file that has been read.
  func resize(_ bytes: [UInt8], path: String, into image: ImageBuffer) throws(DataSetError) {
    let original = try decodeImage(bytes, path: path)
    do throws(TooWideImage) {
      try geometry.fit(original, into: image)
    } catch {
      throw .badImage(path: path, reason: error.description)
    }
  }
}

/// The bytes of an image file.
func readImageFile(_ path: String) throws(DataSetError) -> [UInt8] {
  try readFile(path, limit: ImageLimits().fileBytes, limitName: "\(ImageLimits().fileBytes >> 20) MiB")
}

func decodeImage(_ bytes: [UInt8], path: String) throws(DataSetError) -> GrayImage {
  do {
    return try ImageFile.decode(bytes)
  } catch {
    throw .badImage(path: path, reason: error.description)
  }
}

extension InputGeometry {
  /// Resizes a decoded image to the network's height, with its aspect ratio kept. Training and reading both do it here.
  ///
  /// - Throws: ``TooWideImage`` for one that is wider than ``maximumWidth`` then.
  package func fit(_ original: GrayImage, into image: ImageBuffer) throws(TooWideImage) {
    let width = resizedWidth(width: original.width, height: original.height)
    guard width <= maximumWidth else { throw TooWideImage(width: width, height: height, maximumWidth: maximumWidth) }
    image.reserve(width: width, height: height)
    original.withReadOnlyView { image.resampler.resize($0, into: image.view) }
  }
}

/// An image that is wider than a network takes.
package struct TooWideImage: Error, CustomStringConvertible {
  let width: Int
  let height: Int
  let maximumWidth: Int

  package var description: String {
    "\(width) pixels wide at height \(height), at most \(maximumWidth) are allowed; cut it into shorter lines"
  }
}
