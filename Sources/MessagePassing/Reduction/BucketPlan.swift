/// The partition of the gradient slab, the same on all ranks. The slab is cut into buckets from its end to its
/// beginning, the order in which a backward pass completes them; a bucket into slices, one for each exchanging rank of
/// a machine; a slice into parts, one for each machine.
package struct BucketPlan {
  package let gradients: Int
  /// Ranks of each machine that own a slice: as many as the smallest machine has.
  package let owners: Int
  package let machines: Int
  /// Gradients in a bucket; the last one, at the beginning of the slab, may be shorter.
  package let bucketCount: Int
  package let buckets: Int

  /// On one machine a bucket has 1 MiB of Doubles. On several, each message has 2^15 gradients, about 100 KB
  /// (``MPIRuntime`` has messages of that size sent eagerly), but there are at least eight buckets: otherwise nothing
  /// could be sent while the rest is computed.
  package init(gradients: Int, owners: Int, machines: Int) {
    (self.gradients, self.owners, self.machines) = (gradients, owners, machines)
    let least = 1 << 16
    bucketCount = machines == 1 ? 1 << 17 : max(least, min(owners * machines << 15, gradients / 8))
    buckets = (gradients + bucketCount - 1) / bucketCount
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

  /// The gradients of a machine's part of a slice.
  package func part(_ machine: Int, of slice: Range<Int>) -> Range<Int> {
    BucketPlan.share(machine, of: machines, slice)
  }

  /// Shares begin at multiples of 8 (whole vectors) where possible.
  private static func share(_ i: Int, of n: Int, _ whole: Range<Int>) -> Range<Int> {
    func edge(_ i: Int) -> Int { i == n ? whole.count : (whole.count * i / n) & ~7 }
    return whole.lowerBound + edge(i)..<whole.lowerBound + edge(i + 1)
  }
}
