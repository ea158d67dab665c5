import MessagePassing
import Testing

@Suite struct BucketPlanTests {
  static let sizes = [0, 1, 7, 65_535, 65_536, 65_537, 131_073, 1_000_003, 3_000_001]

  /// Every gradient is in one bucket; the last bucket, at the beginning of the slab, is the short one.
  @Test(arguments: sizes, [(owners: 1, machines: 1), (3, 1), (1, 2), (2, 3), (5, 7), (16, 31)])
  func bucketsCoverTheSlabFromItsEnd(gradients: Int, spread: (owners: Int, machines: Int)) {
    let plan = BucketPlan(gradients: gradients, owners: spread.owners, machines: spread.machines)
    var end = gradients
    for b in 0..<plan.buckets {
      let bucket = plan.bucket(b)
      #expect(bucket.upperBound == end && !bucket.isEmpty)
      #expect(bucket.count == plan.bucketCount || b == plan.buckets - 1)
      end = bucket.lowerBound
    }
    #expect(end == 0)
    #expect(plan.buckets <= BucketPlan.mostBuckets(gradients: gradients))
  }

  /// Slices cover their bucket in the order of owners, parts their slice in the order of machines, and none but the last
  /// ends within a vector of 8.
  @Test(arguments: sizes, [(owners: 1, machines: 2), (3, 1), (2, 3), (5, 7), (16, 31)])
  func slicesAndPartsCoverTheirBucket(gradients: Int, spread: (owners: Int, machines: Int)) {
    let plan = BucketPlan(gradients: gradients, owners: spread.owners, machines: spread.machines)
    for b in 0..<plan.buckets {
      let bucket = plan.bucket(b)
      let slices = (0..<plan.owners).map { plan.slice($0, of: b) }
      expectCover(slices, bucket)
      for slice in slices { expectCover((0..<plan.parts).map { plan.part($0, of: slice) }, slice) }
    }
  }

  private func expectCover(_ shares: [Range<Int>], _ whole: Range<Int>) {
    var start = whole.lowerBound
    for (i, share) in shares.enumerated() {
      #expect(share.lowerBound == start)
      #expect((share.lowerBound - whole.lowerBound) % 8 == 0 || i == shares.count)
      start = share.upperBound
    }
    #expect(start == whole.upperBound)
    // Shares differ by a vector at most, and the rest of a vector.
    let sizes = shares.map(\.count)
    #expect(!(sizes.max()! - sizes.min()! >= 16), "\(sizes)")
  }

  @Test func knownPlans() {
    // One machine: buckets of 2^17 gradients, 1 MiB of Doubles.
    #expect(BucketPlan(gradients: 262_145, owners: 2, machines: 1).buckets == 3)
    #expect(BucketPlan(gradients: 262_145, owners: 2, machines: 1).bucket(2) == 0..<1)
    // Two machines of one rank: messages of 2^15.
    let pair = BucketPlan(gradients: 2_000_000, owners: 1, machines: 2)
    #expect(pair.bucketCount == 65_536 && pair.part(1, of: pair.slice(0, of: 0)).count == 32_768)
    // Many machines: eight buckets nevertheless.
    let many = BucketPlan(gradients: 8_000_000, owners: 4, machines: 64)
    #expect(many.bucketCount == 1_000_000 && many.buckets == 8)
    // Small messages over many machines: by recursive halving, unless sums are rounded.
    let small = BucketPlan(gradients: 600_000, owners: 4, machines: 16)
    #expect(small.isRecursive && small.parts == 16 && small.buckets == 8)
    #expect(small.cost.messages == 8 * 8 && small.cost.rounds == 8 && small.cost.gradients == 1.875)
    #expect(!BucketPlan(gradients: 600_000, owners: 4, machines: 16, precision: .float).isRecursive)
    for machines in [7, 9, 15] {
      let direct = BucketPlan(gradients: 600_000, owners: 4, machines: machines)
      #expect(!direct.isRecursive && direct.parts == machines && direct.cost.messages == 16 * (machines - 1))
    }
    let odd = BucketPlan(gradients: 600_000, owners: 4, machines: 17)
    #expect(odd.isRecursive && odd.parts == 16 && odd.cost.messages == 8 * 9 && odd.cost.rounds == 10)
    #expect(!many.isRecursive || many.part(0, of: many.slice(0, of: 0)).count < 1 << 13)
    #expect(BucketPlan(gradients: 27, owners: 2, machines: 1).slice(0, of: 0) == 0..<8)
    #expect(BucketPlan(gradients: 27, owners: 2, machines: 1).slice(1, of: 0) == 8..<27)
  }
}
