import Foundation
import MessagePassing
import Tensors

/// Throws a ``CheckError`` that says where.
func check(_ condition: Bool, _ what: String) throws {
  if !condition { throw CheckError(description: "failed: \(what)") }
}

/// The ranks of a machine: here all, since tests run on one. They have messages of their own.
func checkSameMachine(_ world: Communicator) throws {
  let machine = try world.sameMachine()
  try check(machine.rank == world.rank && machine.size == world.size, "all ranks are on one machine, in order")
  try check(machine.hostName == world.hostName, "host name")
  try check(try machine.allreduceSum([Int64(1)]) == [Int64(world.size)], "sum over the machine")
  let last = world.size - 1
  let bytes = try machine.broadcast(world.rank == last ? [7, 8] : nil, from: last)
  try check(bytes == [7, 8], "broadcast on the machine")
  try machine.barrier()
  try check(try world.sameMachine() === machine, "made once")
}

/// A rank that waits for one that begins a step late knows it: the time does not count as computed. The late one waits for
/// nobody, because it begins when all others have begun. The others may be slow as well, so they get many steps to wait in.
func checkWaiting(_ world: Communicator) throws {
  guard world.size > 1 else { return }
  let (late, gradient) = (world.rank == world.size - 1, [Float](repeating: 0.5, count: 10))
  let reducer = try ExactReducer(gradientCount: 10, statisticCount: 0, integerCount: 0, over: world)
  var (hasWaited, attempts) = (late, 0)
  repeat {
    if !late { try reducer.begin(microBatches: world.size) }
    try world.barrier()
    if late {
      usleep(10_000)
      try reducer.begin(microBatches: world.size)
    }
    try reducer.addGradients(gradient, count: 10)
    try check(!late || reducer.waited == .zero, "the last to begin waited \(reducer.waited)")
    if reducer.waited > .zero { hasWaited = true }
    try reducer.reduce()
    attempts += 1
    try check(attempts <= 1000, "a rank never waited for one that begins late")
  } while try world.allreduceMax([hasWaited ? 0 : Int64(1)]) == [1]
}

/// Broadcasts of any length from the first and the last rank.
private func checkBroadcast(_ world: Communicator, pieces largest: Int) throws {
  let (rank, size) = (world.rank, world.size)
  for root in [0, size - 1] {
    for count in [0, 1, 7, 8, 300] {
      let expected = (0..<count).map { UInt8(truncatingIfNeeded: 31 * $0 + root) }
      let received = try world.broadcast(rank == root ? expected : nil, from: root)
      try check(received == expected, "broadcast of \(count) bytes from \(root), pieces of \(largest)")
      var buffer = rank == root ? expected : [UInt8](repeating: 0xEE, count: count)
      try buffer.withUnsafeMutableBytes { try world.broadcast($0, from: root) }
      try check(buffer == expected, "broadcast in place")
    }
  }
}

/// Every collective against its definition, also cut into pieces.
func checkCollectives(_ world: Communicator) throws {
  try checkSameMachine(world)
  try checkWaiting(world)
  let (rank, size) = (world.rank, world.size)
  try check(size >= 1 && (0..<size).contains(rank) && !world.hostName.isEmpty, "rank, size, host name")
  try check(world.isOneMachine, "tests run on one machine")

  for largest in [Int(Int32.max), 7, 1] {
    world.largestCount = largest
    try checkBroadcast(world, pieces: largest)
    for count in [0, 1, 20] {
      var doubles = (0..<count).map { Double($0 * 1000 + rank) + 0.25 }
      try doubles.withUnsafeMutableBufferPointer { values in
        if let base = values.baseAddress { try world.allreduceSum(base, count: count) }
      }
      let ranks = size * (size - 1) / 2
      try check(
        doubles == (0..<count).map { Double($0 * 1000 * size + ranks) + 0.25 * Double(size) }, "sum of Double")

      let large = Int64(1) << 60 / Int64(max(size, 1))
      let sums = try world.allreduceSum((0..<count).map { Int64($0) - Int64(rank) + large })
      try check(sums == (0..<count).map { Int64($0 * size - ranks) + large * Int64(size) }, "sum of Int64")
      let maxima = try world.allreduceMax((0..<count).map { Int64(($0 + rank) % size) - 5 })
      try check(maxima == (0..<count).map { _ in Int64(size - 1) - 5 }, "maximum of Int64")
      let negative = try world.allreduceMax((0..<count).map { -1.5 - Double($0 + rank) })
      try check(negative == (0..<count).map { -1.5 - Double($0) }, "maximum of Double")
    }

    let own = (0..<(5 * rank)).map { UInt8(truncatingIfNeeded: $0 + rank) }
    let expected = (0..<size).map { r in (0..<(5 * r)).map { UInt8(truncatingIfNeeded: $0 + r) } }
    try check(try world.gather(own) == (rank == 0 ? expected : []), "gather")
    try check(try world.allGather(own) == expected, "allGather")
    try check(try world.allGather([]) == [[UInt8]](repeating: [], count: size), "allGather of nothing")
    let one: [UInt8] = rank == size - 1 ? [9, 8, 7] : []
    try check(try world.allGather(one).last == [9, 8, 7], "allGather of the last rank's bytes only")
    try world.barrier()
  }
  world.largestCount = 0
  try check(world.largestCount == 1, "the largest count is at least 1")
  world.largestCount = .max

  try check(try world.together { rank } == rank, "together gives back each rank's own result")
  try world.requireAgreement(on: [("seed", "1"), ("alphabet", ""), ("configuration", "{\n}")])
  try world.requireAgreement(on: [])
  do {
    _ = try world.broadcast(rank == size + 3 ? [] : nil, from: size + 3)
    throw CheckError(description: "a broadcast from rank \(size + 3) of \(size) passed")
  } catch let error as MPIError {
    try check(error.function == "MPI_Bcast" && error.description.contains("root"), "what MPI says: \(error)")
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

/// The exchange below the reducer: gradients that are small integers, so every sum is exact whatever travels, against their
/// definition. Two steps, in other parts each; what a step leaves must not be in the next.
func checkExchange(_ world: Communicator, gradients count: Int, machines: Int) throws {
  for precision in Precision.allCases {
    let exchange = try GradientExchange(gradients: count, precision: precision, over: world)
    try check(exchange.sharesMemory, "ranks of a machine share memory")
    try check(exchange.plan.machines == min(machines, world.size), "\(exchange.plan.machines) machines")
    // The sums of up to 20 ranks are below 2^12, the limit of a sum.
    func value(_ rank: Int, _ i: Int, _ step: Int) -> Int { (i * (rank + 3) + step) % 401 - 200 }
    for step in 0..<3 {
      try exchange.begin()
      try exchange.prepare()
      for range in parts(of: count) {
        let overwrites = exchange.beginAddition(to: range)
        for i in range { exchange.own[i] = (overwrites ? 0 : exchange.own[i]) + Double(value(world.rank, i, step)) }
        if step > 0 { try exchange.complete(from: range.lowerBound) }
        try exchange.pollProgress()
      }
      try exchange.finish()
      let sums = [Float](unsafeUninitializedCapacity: count) {
        exchange.read(into: $0.baseAddress!)
        $1 = count
      }
      let wrong = (0..<count).first { i in sums[i] != Float((0..<world.size).reduce(0) { $0 + value($1, i, step) }) }
      try check(wrong == nil, "the sum of gradient \(wrong ?? -1) of \(count), \(precision), step \(step)")
    }
    // A part of every bucket is another machine's, unless there are fewer gradients than parts.
    let sent = try world.allreduceSum([Int64(exchange.bytesSent)])[0]
    try check(sent > 0 ? exchange.plan.machines > 1 : exchange.plan.machines == 1, "\(sent) bytes between machines")
  }
}

/// Signals that come while shared memory is reserved do not cost it: system calls that are interrupted are repeated.
func checkInterrupted(_ world: Communicator) throws {
  BrokenMPI.function = "interrupted"
  let reducer = try ExactReducer(gradientCount: 400_000, statisticCount: 0, integerCount: 0, over: world)
  BrokenMPI.function = nil
  try check(reducer.sharesMemory, "no shared memory after a signal")
  let interruptions = BrokenMPI.interruptions
  try check(interruptions >= (world.rank == 0 ? 6 : 5), "\(interruptions) interruptions")
}

/// A hash of the bits of all sums of a step of 24 micro-batches, which is done three times: dealt out like cards and
/// reduced at once; dealt out and added the other way round, and reduced on the way; all on the last rank, on the way.
func reducedHash(_ world: Communicator, gradients count: Int, lostBy: Int? = nil) throws -> String {
  let microBatches = 24
  let reducer = try ExactReducer(gradientCount: count, statisticCount: 3, integerCount: 2, over: world)
  var hashes: [String] = []
  for pass in 0..<3 {
    try reducer.begin(microBatches: microBatches)
    let dealt = (0..<microBatches).map { pass == 1 ? microBatches - 1 - $0 : $0 }
    let owner = { (i: Int) in pass == 2 ? world.size - 1 : i % world.size }
    let own = dealt.indices.filter { owner($0) == world.rank }.map { dealt[$0] }
    for m in own where world.rank != lostBy || m != own.last {
      if pass == 0 { try reducer.addGradients(gradient(count, microBatch: m), count: count) }
      var random = KeyedRandom(seed: 8, purpose: .test, sample: UInt32(m))
      reducer.addStatistics([random.normal(), random.normal() * 100], count: 2, weight: 1.0 / 24, at: 0)
      reducer.addStatistic(Double(random.uniform()) / 3, weight: 0.7, at: 2)
      reducer.addInteger(Int64(m) << 40, at: 0)
      reducer.addInteger(-1, at: 1)
    }
    if pass > 0 {
      // From the tail, as a backward pass does it: each part is added while those behind it are on their way.
      let gradients = own.filter { world.rank != lostBy || $0 != own.last }.map { gradient(count, microBatch: $0) }
      for range in parts(of: count) {
        for values in gradients {
          try reducer.addGradients(Array(values[range]), count: range.count, at: range.lowerBound)
          try reducer.pollProgress()
        }
        try reducer.complete(from: range.lowerBound)
      }
    }
    try reducer.reduce()
    try check(reducer.integer(at: 0) == Int64(276) << 40 && reducer.integer(at: 1) == -24, "sums of integers")
    try check(reducer.overflowCount == 3, "3 NaN, found \(reducer.overflowCount) overflows")
    hashes.append(hash(of: reducer))
  }
  try check(hashes.allSatisfy { $0 == hashes[0] }, "the same sums whoever computes a micro-batch, in parts or not")
  let all = try world.allGather(Array(hashes[0].utf8))
  try check(all.allSatisfy { $0 == all[0] }, "the same sums on all ranks")
  return hashes[0]
}

/// Sums that travel as Floats: on `machines` machines close to the exact ones, on one machine just these; always the same on
/// all ranks, and when it is done again.
func checkFloat(_ world: Communicator, gradients count: Int, machines: Int) throws {
  func sums(_ precision: Precision) throws -> [Float] {
    let reducer = try ExactReducer(
      gradientCount: count, statisticCount: 0, integerCount: 0, precision: precision, over: world)
    var results: [[Float]] = []
    for _ in 0..<2 {
      try reducer.begin(microBatches: 2 * world.size)
      for m in [2 * world.rank, 2 * world.rank + 1] {
        var random = KeyedRandom(seed: 9, purpose: .test, sample: UInt32(m))
        try reducer.addGradients((0..<count).map { _ in random.normal() }, count: count)
      }
      try reducer.reduce()
      results.append(
        [Float](unsafeUninitializedCapacity: count) {
          reducer.gradients(into: $0.baseAddress!)
          $1 = count
        })
    }
    try check(results[0] == results[1], "the same once more")
    let bytes = results[0].withUnsafeBytes { Array($0) }
    try check(try world.allGather(bytes).allSatisfy { $0 == bytes }, "the same on all ranks")
    return results[0]
  }
  let (exact, float) = (try sums(.exact), try sums(.float))
  try check((exact == float) == (machines == 1), "rounded between machines, and only there")
  let worst = zip(exact, float).map { abs($0 - $1) }.max() ?? 0
  try check(worst < 0x1p-18, "close to the exact sums, found \(worst)")
}

/// Odd parts of 0..<count from its end: of one element, of three (fewer than ranks), none, and of about a third each.
private func parts(of count: Int) -> [Range<Int>] {
  let edges = [count, count - 1, count - 4, count - 4, 2 * count / 3, min(count / 3 + 1, count), 0]
    .map { max($0, 0) }.sorted(by: >)
  return zip(edges, edges.dropFirst()).map { $1..<$0 }
}

/// Large values that cancel in pairs of micro-batches, and values of 2^-38 to 2^-25 in the others, which are what
/// remains: in plain sums they would have lost bits to the large ones, and which bits would depend on the order.
private func gradient(_ count: Int, microBatch m: Int) -> [Float] {
  var large = KeyedRandom(seed: 7, purpose: .test, time: 0, sample: UInt32(m / 4))
  var small = KeyedRandom(seed: 7, purpose: .test, time: 1, sample: UInt32(m))
  var values = (0..<count).map { _ in
    switch m % 4 {
    case 0: large.uniform(-80, 80)
    case 1: -large.uniform(-80, 80)
    default: small.uniform(-1, 1) * Float(sign: .plus, exponent: -25 - small.integer(below: 13), significand: 1)
    }
  }
  if m % 10 == 3 { values[count / 2] = .nan }
  return values
}

/// FNV-1a, 64 bits, of the bits of gradients and statistics.
private func hash(of reducer: ExactReducer) -> String {
  var gradients = [Float](repeating: .nan, count: reducer.gradientCount)
  gradients.withUnsafeMutableBufferPointer { reducer.gradients(into: $0.baseAddress!) }
  let statistics = (0..<reducer.statisticCount).map { reducer.statistic(at: $0).bitPattern }
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for bits in gradients.map({ UInt64($0.bitPattern) }) + statistics {
    for shift in stride(from: 0, to: 64, by: 8) { hash = (hash ^ (bits >> shift & 0xFF)) &* 0x100_0000_01B3 }
  }
  return String(hash, radix: 16)
}
