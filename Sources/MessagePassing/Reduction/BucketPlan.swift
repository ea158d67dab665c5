/// The partition of the gradient slab, the same on all ranks. The slab is cut into buckets from its end to its
/// beginning, the order in which a backward pass completes them; a bucket into slices, one for each exchanging rank of
/// a machine; a slice into parts, one for each machine, or for each of a power of two of them.
package struct BucketPlan {
  package let gradients: Int
  /// Ranks of each machine that own a slice: as many as the smallest machine has.
  package let owners: Int
  package let machines: Int
  /// Gradients in a bucket; the last one, at the beginning of the slab, may be shorter.
  package let bucketCount: Int
  package let buckets: Int
  /// Whether slices are exchanged by recursive halving (`RecursiveExchange`): over many machines, small messages cost more
  /// time than their bytes.
  package let isRecursive: Bool
  /// Parts of a slice.
  package let parts: Int

  /// The fewest machines whose exchange is recursive: a power of two, and any other number, for which half as many bytes again
  /// are sent. And the gradients of a direct exchange's part (25 KB) from which it stays direct.
  private static let (manyMachines, manyOddMachines, largePart) = (8, 16, 1 << 13)

  /// On one machine a bucket has 1 MiB of Doubles. On several, each message of a direct exchange has 2^15 gradients, about 100 KB
  /// (``MPIRuntime`` has messages of that size sent eagerly), but there are at least eight buckets: otherwise nothing
  /// could be sent while the rest is computed.
  ///
  /// - Parameter precision: rounded sums are added in the order of machines, which only a direct exchange does.
  package init(gradients: Int, owners: Int, machines: Int, precision: Precision = .exact) {
    (self.gradients, self.owners, self.machines) = (gradients, owners, machines)
    let least = 1 << 16
    bucketCount = machines == 1 ? 1 << 17 : max(least, min(owners * machines << 15, gradients / 8))
    buckets = (gradients + bucketCount - 1) / bucketCount
    let part = min(gradients, bucketCount) / (owners * machines)
    let powerOfTwo = RecursiveSchedule.parts(machines: machines)
    let many = powerOfTwo == machines ? BucketPlan.manyMachines : BucketPlan.manyOddMachines
    isRecursive = precision == .exact && machines >= many && part < BucketPlan.largePart
    parts = isRecursive ? powerOfTwo : machines
  }

  /// What the owner that sends most sends to other machines in a step, how often it waits for another machine in a bucket, and the
  /// gradients that it sends as a multiple of its own.
  package var cost: (messages: Int, rounds: Int, gradients: Double) {
    if machines == 1 { return (0, 0, 0) }
    let gradients = 2 * Double(parts - 1) / Double(parts)
    guard isRecursive else { return (2 * (machines - 1) * buckets, 2, gradients) }
    // One more machine gives its gradients, and gets all sums.
    let (rounds, more) = (2 * parts.trailingZeroBitCount, machines > parts ? 1 : 0)
    return ((rounds + more) * buckets, rounds + 2 * more, gradients + Double(more))
  }

  /// The largest number of buckets in any plan for this number of gradients.
  package static func mostBuckets(gradients: Int) -> Int {
    BucketPlan(gradients: gradients, owners: 1, machines: 2).buckets
  }

  /// The gradients of a bucket, counted from the end of the slab.
  package func bucket(_ b: Int) -> Range<Int> {
    let end = gradients - b * bucketCount
    return max(0, end - bucketCount)..<end
  }

  /// The gradients of an owner's slice of bucket `b`.
  package func slice(_ owner: Int, of b: Int) -> Range<Int> { BucketPlan.share(owner, of: owners, bucket(b)) }

  /// The gradients of a part of a slice.
  package func part(_ i: Int, of slice: Range<Int>) -> Range<Int> { BucketPlan.share(i, of: parts, slice) }

  /// The gradients of some parts of a slice.
  func parts(_ range: Range<Int>, of slice: Range<Int>) -> Range<Int> {
    guard let first = range.first, let last = range.last else { return slice.lowerBound..<slice.lowerBound }
    return part(first, of: slice).lowerBound..<part(last, of: slice).upperBound
  }

  /// Shares begin at multiples of 8 (whole vectors) where possible.
  private static func share(_ i: Int, of n: Int, _ whole: Range<Int>) -> Range<Int> {
    func edge(_ i: Int) -> Int { i == n ? whole.count : (whole.count * i / n) & ~7 }
    return whole.lowerBound + edge(i)..<whole.lowerBound + edge(i + 1)
  }
}
