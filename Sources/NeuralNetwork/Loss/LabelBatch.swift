/// The labels of a micro-batch's images, concatenated: image n has `labels[offsets[n] ..< offsets[n + 1]]`.
///
/// Classes are 1 and above; 0 is the CTC blank and never part of a label. The owner refills the same arrays, so that a
/// training loop does not allocate.
public final class LabelBatch {
  /// Classes of all labels.
  public private(set) var labels: [Int32] = []
  /// `count + 1` offsets into `labels`, beginning with 0.
  public private(set) var offsets = [0]

  public init() {}

  /// A batch of the given labels.
  public convenience init(_ labels: [[Int32]]) {
    self.init()
    for label in labels { append(label) }
  }

  /// The number of images.
  public var count: Int { offsets.count - 1 }

  /// Reserves memory for `images` labels with `scalars` classes in total.
  public func reserve(images: Int, scalars: Int) {
    labels.reserveCapacity(scalars)
    offsets.reserveCapacity(images + 1)
  }

  /// Removes all labels and keeps the memory.
  public func removeAll() {
    labels.removeAll(keepingCapacity: true)
    offsets.removeAll(keepingCapacity: true)
    offsets.append(0)
  }

  /// Adds the label of the next image.
  public func append(_ label: some Collection<Int32>) {
    labels.append(contentsOf: label)
    offsets.append(labels.count)
  }

  /// Adds one class to the current label.
  public func extend(_ label: Int32) { labels.append(label) }

  /// Ends the label that was built by ``extend(_:)``.
  public func endLabel() { offsets.append(labels.count) }

  /// The label of image `n`.
  public subscript(n: Int) -> ArraySlice<Int32> { labels[offsets[n]..<offsets[n + 1]] }

  /// Time steps that CTC needs for the label of image `n`: its length and a blank between equal neighbors.
  public func requiredSteps(_ n: Int) -> Int {
    let (start, end) = (offsets[n], offsets[n + 1])
    var steps = end - start
    for i in start..<end where i > start && labels[i] == labels[i - 1] { steps += 1 }
    return steps
  }
}
