import MessagePassing
import Tensors

/// Throws a ``CheckError`` that says where.
func require(_ condition: Bool, _ what: String) throws {
  if !condition { throw CheckError(description: "failed: \(what)") }
}

/// Every collective against its definition, also cut into pieces.
func checkCollectives(_ world: Communicator) throws {
  let (rank, size) = (world.rank, world.size)
  try require(size >= 1 && (0..<size).contains(rank) && !world.hostName.isEmpty, "rank, size, host name")

  for largest in [Int(Int32.max), 7, 1] {
    world.largestCount = largest
    for root in [0, size - 1] {
      for count in [0, 1, 7, 8, 300] {
        let expected = (0..<count).map { UInt8(truncatingIfNeeded: 31 * $0 + root) }
        let received = try world.broadcast(rank == root ? expected : nil, from: root)
        try require(received == expected, "broadcast of \(count) bytes from \(root), pieces of \(largest)")
        var buffer = rank == root ? expected : [UInt8](repeating: 0xEE, count: count)
        try buffer.withUnsafeMutableBytes { try world.broadcast($0, from: root) }
        try require(buffer == expected, "broadcast in place")
      }
    }

    for count in [0, 1, 20] {
      var doubles = (0..<count).map { Double($0 * 1000 + rank) + 0.25 }
      try doubles.withUnsafeMutableBufferPointer { values in
        if let base = values.baseAddress { try world.allreduceSum(base, count: count) }
      }
      let ranks = size * (size - 1) / 2
      try require(
        doubles == (0..<count).map { Double($0 * 1000 * size + ranks) + 0.25 * Double(size) }, "sum of Double")

      let large = Int64(1) << 60 / Int64(max(size, 1))
      let sums = try world.allreduceSum((0..<count).map { Int64($0) - Int64(rank) + large })
      try require(sums == (0..<count).map { Int64($0 * size - ranks) + large * Int64(size) }, "sum of Int64")
      let maxima = try world.allreduceMax((0..<count).map { Int64(($0 + rank) % size) - 5 })
      try require(maxima == (0..<count).map { _ in Int64(size - 1) - 5 }, "maximum of Int64")
      let negative = try world.allreduceMax((0..<count).map { -1.5 - Double($0 + rank) })
      try require(negative == (0..<count).map { -1.5 - Double($0) }, "maximum of Double")
    }

    let own = (0..<(5 * rank)).map { UInt8(truncatingIfNeeded: $0 + rank) }
    let expected = (0..<size).map { r in (0..<(5 * r)).map { UInt8(truncatingIfNeeded: $0 + r) } }
    try require(try world.gather(own) == (rank == 0 ? expected : []), "gather")
    try require(try world.allGather(own) == expected, "allGather")
    try world.barrier()
  }
  world.largestCount = 0
  try require(world.largestCount == 1, "the largest count is at least 1")
  world.largestCount = .max

  try require(try world.together { rank } == rank, "together gives back each rank's own result")
  try world.requireAgreement(on: [("seed", "1"), ("alphabet", ""), ("configuration", "{\n}")])
  try world.requireAgreement(on: [])
  do {
    _ = try world.broadcast(rank == size + 3 ? [] : nil, from: size + 3)
    throw CheckError(description: "a broadcast from rank \(size + 3) of \(size) passed")
  } catch let error as MPIError {
    try require(error.function == "MPI_Bcast" && error.description.contains("root"), "what MPI says: \(error)")
  }
  if rank == 0 { print("all collectives passed on \(size)") }
}

/// One item differs on rank `odd`: in one letter far behind the beginning, and later items differ as well.
func checkDisagreement(_ world: Communicator, odd: Int?) throws {
  let isOdd = world.rank == odd
  // Canonically equivalent texts are different bytes, so different.
  let letters =
    String(repeating: "x", count: 500) + (isOdd ? "e\u{301}" : "\u{E9}") + String(repeating: "y", count: 200)
  try world.requireAgreement(
    on: [("seed", "1"), ("alphabet", letters), ("OpenBLAS kernels", isOdd ? "Zen" : "Haswell")],
    remedies: ["alphabet": "give it with --alphabet", "OpenBLAS kernels": "set OPENBLAS_CORETYPE"])
}

/// A step of 24 micro-batches over the ranks: FNV-1a of the bits of all sums.
///
/// Values of very different size and both signs, so that plain sums would round and differ.
func reducedHash(_ world: Communicator, gradients count: Int, lostBy: Int? = nil) throws -> String {
  let microBatches = 24
  let reducer = ExactReducer(gradientCount: count, statisticCount: 3, integerCount: 2)
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  func add(_ bits: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) { hash = (hash ^ (bits >> shift & 0xFF)) &* 0x100_0000_01B3 }
  }
  for parts in [1, 3] {
    try reducer.begin(microBatches: microBatches)
    // Dealt out like cards; backwards in the second round.
    let own = (0..<microBatches).filter { (parts == 1 ? $0 : microBatches - 1 - $0) % world.size == world.rank }
    for m in parts == 1 ? own : own.reversed() {
      if world.rank == lostBy && m == own.last { continue }
      var random = KeyedRandom(seed: 7, purpose: .test, sample: UInt32(m))
      var gradient = (0..<count).map { _ in
        random.normal() * Float(sign: .plus, exponent: -random.integer(below: 30), significand: 1)
      }
      if m % 10 == 3 { gradient[count / 2] = .nan }
      reducer.addGradients(gradient, count: count)
      reducer.addStatistics([random.normal(), random.normal() * 100], count: 2, weight: 1.0 / 24, at: 0)
      reducer.addStatistic(Double(random.uniform()) / 3, weight: 0.7, at: 2)
      reducer.addInteger(Int64(m) << 40, at: 0)
      reducer.addInteger(-1, at: 1)
    }
    if parts == 1 {
      try reducer.reduce(over: world)
    } else {
      let third = count / 3
      for range in [2 * third..<count, third..<2 * third, 0..<third] {
        try reducer.reduce(gradients: range, over: world)
      }
      try reducer.reduceRecord(over: world)
    }
    var sums = [Float](repeating: .nan, count: count)
    sums.withUnsafeMutableBufferPointer { reducer.gradients(into: $0.baseAddress!) }
    for sum in sums { add(UInt64(sum.bitPattern)) }
    for i in 0..<3 { add(reducer.statistic(at: i).bitPattern) }
    try require(reducer.integer(at: 0) == Int64(276) << 40 && reducer.integer(at: 1) == -24, "sums of integers")
    try require(reducer.overflowCount == 3, "3 NaN, found \(reducer.overflowCount) overflows")
  }
  let hashes = try world.allGather(Array(String(hash, radix: 16).utf8))
  try require(hashes.allSatisfy { $0 == hashes[0] }, "the same sums on all ranks")
  return String(hash, radix: 16)
}
