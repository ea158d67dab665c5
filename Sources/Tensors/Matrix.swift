/// A row-major view of `rows` x `columns` floats inside a ``Storage``, without gaps between rows.
public struct Matrix {
  public let storage: Storage
  /// Floats before the first element of the view.
  public let offset: Int
  public let rows: Int
  public let columns: Int

  /// Element [r, c] of the view is `storage.base[offset + r * columns + c]`.
  public init(storage: Storage, offset: Int = 0, rows: Int, columns: Int) {
    require(rows >= 0 && columns >= 0 && offset >= 0, "a matrix of \(rows) x \(columns) at \(offset)")
    self.storage = storage
    self.offset = offset
    self.rows = rows
    self.columns = columns
  }

  /// A matrix of zeros with its own storage.
  public init(rows: Int, columns: Int) {
    self.init(storage: Storage(count: rows * columns), rows: rows, columns: columns)
  }

  /// A matrix with its own storage and the given elements, row by row.
  public init(rows: Int, columns: Int, _ elements: [Float]) {
    require(elements.count == rows * columns, "\(elements.count) elements for \(rows) x \(columns)")
    self.init(rows: rows, columns: columns)
    elements.withUnsafeBufferPointer { values in
      if let base = values.baseAddress { pointer.update(from: base, count: values.count) }
    }
  }

  public var count: Int { rows * columns }

  /// The address for kernels: valid until the storage grows, and while the storage is retained.
  public var pointer: UnsafeMutablePointer<Float> { storage.base + offset }

  /// The same memory as bytes, four for each float.
  public var bytes: UnsafeMutablePointer<UInt8> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: UInt8.self)
  }

  /// The first element of row `r`.
  public func row(_ r: Int) -> UnsafeMutablePointer<Float> { storage.base + (offset + r * columns) }

  /// A copy of the elements, for tests and files.
  public var elements: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

  public func fill(_ value: Float) {
    pointer.update(repeating: value, count: count)
  }
}
