import Dispatch
import Files
import Foundation

/// Decodes images into the temporary file of an ``ImageCacheDraft``; each rank writes a share of the images.
package struct ImageCacheWriter: Sendable {
  private let layout: ImageCacheLayout
  private let dataSet: DataSet
  private let images: FileImageSource
  /// Lines that are at hand, and the index of each record among them.
  private let lines: (prepared: PreparedLines, indices: [Int])?
  private let file: MappedFile

  /// - Parameters:
  ///   - path: ``ImageCacheDraft/temporaryPath``.
  ///   - dataSet: the good records, whose audit gave `layout`.
  ///   - lines: what the audit kept, and the index that each record had there.
  package init(
    _ path: String, layout: ImageCacheLayout, dataSet: DataSet, geometry: InputGeometry,
    lines: (prepared: PreparedLines, indices: [Int])? = nil
  ) throws(ImageCacheError) {
    precondition(dataSet.records.count == layout.count && geometry.height == layout.height)
    self.layout = layout
    self.lines = lines
    self.dataSet = dataSet
    images = FileImageSource(dataSet, geometry: geometry)
    file = try mapCache(path, size: layout.fileSize, writable: true)
  }

  /// Writes pixels and table entries of some images.
  /// - Parameter goesOn: called before each image, on several threads; after it returns false, the rest is skipped.
  /// - Throws: ``DataSetError`` that names a file that can no longer be read or has changed since the audit.
  package func write(
    _ samples: Range<Int>, threads: Int = 1, while goesOn: @Sendable () -> Bool = { true }
  ) throws {
    let failures = Failures()
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      let share = dataSet.share(thread, of: threads, in: samples)
      let buffer = ImageBuffer()
      do {
        for sample in share {
          guard goesOn() else { break }
          try write(sample, buffer)
        }
      } catch {
        failures.add(error)
      }
    }
    try failures.rethrow()
  }

  private func write(_ sample: Int, _ buffer: ImageBuffer) throws {
    if let lines, let pixels = lines.prepared.take(lines.indices[sample]) {
      precondition(pixels.count == layout.pixels(sample).count, "the audit found another width")
      return pixels.withUnsafeBytes { store($0, sample) }
    }
    let path = dataSet.records[sample].absolutePath
    let (original, found) = try buffer.records.identifiedImage(of: dataSet.records[sample])
    let digest = layout.digests[sample * ImageCacheLayout.digestSize..<(sample + 1) * ImageCacheLayout.digestSize]
    guard digest.elementsEqual(found) else {
      throw DataSetError.badImage(
        path: path, reason: "has changed since the audit; start again when nobody writes to it")
    }
    try images.resize(original, path: path, into: buffer)
    let view = buffer.view
    precondition(view.width == layout.widths[sample], "the audit found another width")
    store(UnsafeRawBufferPointer(start: view.pixels, count: view.count), sample)
  }

  /// Writes the pixels of an image and its entry in the table.
  private func store(_ pixels: UnsafeRawBufferPointer, _ sample: Int) {
    let target = file.mutableBytes
    UnsafeMutableRawBufferPointer(rebasing: target[layout.pixels(sample)]).copyMemory(from: pixels)
    let (entry, place) = (layout.entry(sample), layout.entryPlace(sample))
    target.storeBytes(of: entry.offset.littleEndian, toByteOffset: place, as: UInt64.self)
    target.storeBytes(of: entry.width.littleEndian, toByteOffset: place + 8, as: UInt32.self)
    let checksum = layout.checksum(ofImage: sample, in: file.bytes)
    target.storeBytes(of: checksum.littleEndian, toByteOffset: place + 12, as: UInt32.self)
  }
}

/// The errors of the threads. Unchecked: `first` is accessed only while `lock` is held.
private final class Failures: @unchecked Sendable {
  private let lock = NSLock()
  private var first: (any Error)?

  func add(_ error: any Error) {
    lock.withLock { if first == nil { first = error } }
  }

  func rethrow() throws {
    if let first = lock.withLock({ first }) { throw first }
  }
}
