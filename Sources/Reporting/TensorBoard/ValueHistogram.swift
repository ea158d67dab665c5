import TensorBoardSchema

/// The distribution of a tensor's values, in bins of equal width between the smallest and the largest.
struct ValueHistogram: Equatable {
  static let bins = 30

  private(set) var low = 0.0
  private(set) var high = 0.0
  private(set) var sum = 0.0
  private(set) var squares = 0.0
  private(set) var counts: [Int] = []

  /// nil if a value is not finite, or there is none.
  init?(_ values: UnsafeBufferPointer<Float>) {
    guard !values.isEmpty else { return nil }
    var (least, most, total, squared) = (Float.infinity, -Float.infinity, 0.0, 0.0)
    for value in values {
      guard value.isFinite else { return nil }
      least = min(least, value)
      most = max(most, value)
      total += Double(value)
      squared += Double(value) * Double(value)
    }
    (low, high, sum, squares) = (Double(least), Double(most), total, squared)
    guard high > low else {
      counts = [values.count]
      return
    }
    counts = [Int](repeating: 0, count: ValueHistogram.bins)
    let scale = Double(ValueHistogram.bins) / (high - low)
    for value in values { counts[min(ValueHistogram.bins - 1, Int((Double(value) - low) * scale))] += 1 }
  }

  var message: TensorBoardHistogramProto {
    var message = TensorBoardHistogramProto()
    (message.min, message.max, message.sum, message.sumSquares) = (low, high, sum, squares)
    message.num = Double(counts.reduce(0, +))
    message.bucket = counts.map(Double.init)
    message.bucketLimit = counts.indices.map { i in
      i == counts.count - 1 ? high : low + (high - low) * Double(i + 1) / Double(counts.count)
    }
    return message
  }
}
