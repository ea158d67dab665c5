import Datasets
import Hashing
import MessagePassing
import Messages
import NeuralNetwork

/// Finds a rank that computes wrong numbers. In an audited step, one micro-batch of each rank is computed by the rank before
/// it, too. What a micro-batch contributes depends on its images and the weights only, so both must have the same bits. If they
/// differ, all ranks compute that micro-batch, and most of them decide who was wrong.
///
/// A step: ``keepNeighbors()`` and ``keepOwn(_:)`` when those micro-batches were computed; then, on all ranks and before the
/// weights change, ``compare(step:recompute:)``.
final class ContributionAudit {
  private let network: CRNN
  private let accumulator: GradientAccumulator
  private let communicator: Communicator
  /// Digests of this rank's micro-batch and of the neighbor's; empty without one.
  private var own: [UInt8] = []
  private var neighbors: [UInt8] = []
  /// This rank's micro-batch.
  private var item: WorkItem?
  /// The last step whose audit found nothing.
  private var lastGoodStep: Int?

  init(_ network: CRNN, _ accumulator: GradientAccumulator, over communicator: Communicator) {
    (self.network, self.accumulator, self.communicator) = (network, accumulator, communicator)
  }

  /// Remembers what was just computed, as this rank's micro-batch.
  func keepOwn(_ item: WorkItem) { (self.item, own) = (item, digest()) }

  /// Remembers what was just computed, as the neighbor's micro-batch.
  func keepNeighbors() { neighbors = digest() }

  /// Compares what was computed twice. Collective.
  ///
  /// - Parameters:
  ///   - step: of the run, from 1.
  ///   - recompute: builds and computes a micro-batch.
  /// - Throws: ``WrongNumbers`` on all ranks.
  func compare(step: Int, recompute: (WorkItem) throws -> Void) throws {
    let ranks = communicator.size
    let report = own.isEmpty ? [UInt8](repeating: 0, count: SHA256.byteCount) : own
    let digests = try communicator.allGather(
      report + (neighbors.isEmpty ? [UInt8](repeating: 0, count: SHA256.byteCount) : neighbors))
    func ofOwner(_ rank: Int) -> ArraySlice<UInt8> { digests[rank].prefix(SHA256.byteCount) }
    func ofAuditor(_ rank: Int) -> ArraySlice<UInt8> { digests[rank].suffix(SHA256.byteCount) }
    let odd = (0..<ranks).first { ofOwner($0) != ofAuditor(($0 + ranks - 1) % ranks) }
    defer { (own, neighbors, item) = ([], [], nil) }
    guard let owner = odd else {
      lastGoodStep = step
      return
    }
    let auditor = (owner + ranks - 1) % ranks
    let disputed = try broadcast(item, from: owner)
    let again = try communicator.together {
      try recompute(disputed)
      return digest()
    }
    let votes = try communicator.allGather(again)
    throw WrongNumbers(
      Verdict(
        owner: (owner, Array(ofOwner(owner))), auditor: (auditor, Array(ofAuditor(auditor))), votes: votes),
      step: step, microBatch: disputed.microBatch, lastGoodStep: lastGoodStep,
      hosts: try communicator.allGather(Array(communicator.hostName.utf8)).map { String(decoding: $0, as: UTF8.self) })
  }

  /// All bits of what the last micro-batch contributes: gradients, batch statistics, loss.
  private func digest() -> [UInt8] {
    let (hash, parameters) = (SHA256(), network.parameters)
    hash.update(UnsafeRawBufferPointer(start: parameters.gradients.base, count: 4 * parameters.count))
    hash.update(UnsafeRawBufferPointer(start: parameters.bufferStatistics.base, count: 4 * parameters.bufferCount))
    withUnsafeBytes(of: accumulator.lossOfLast) { hash.update($0) }
    return hash.finalize()
  }

  private func broadcast(_ item: WorkItem?, from owner: Int) throws -> WorkItem {
    var numbers: [Int64] = []
    if let item, communicator.rank == owner {
      numbers = [Int64(item.epoch), Int64(item.step), Int64(item.microBatch)] + item.samples.map(Int64.init)
    }
    let bytes = try communicator.broadcast(numbers.withUnsafeBytes { Array($0) }, from: owner)
    let all = bytes.withUnsafeBytes { Array($0.bindMemory(to: Int64.self)) }
    guard all.count > 3 else { preconditionFailure("an audited rank has a micro-batch") }
    return WorkItem(
      epoch: Int(all[0]), step: Int(all[1]), microBatch: Int(all[2]), samples: all[3...].map { Int32($0) })
  }
}

/// Who was wrong about a micro-batch that its owner and another rank computed, after all ranks computed it once more.
package struct Verdict: Equatable {
  /// The ranks that had other numbers than most; or the two that contradict each other, if there is no majority.
  package let suspects: [Int]
  package let isCertain: Bool

  /// - Parameters:
  ///   - owner: the rank and what it contributed.
  ///   - auditor: the rank that computed it for comparison, and what it found. The same rank if there is only one.
  ///   - votes: what each rank found afterwards.
  package init(owner: (rank: Int, digest: [UInt8]), auditor: (rank: Int, digest: [UInt8]), votes: [[UInt8]]) {
    let right = votes.first { vote in 2 * votes.count { $0 == vote } > votes.count }
    guard let right, votes.count > 1 else {
      (suspects, isCertain) = (Set([owner.rank, auditor.rank]).sorted(), votes.count == 1)
      return
    }
    let first = [owner, auditor].filter { $0.digest != right }.map(\.rank)
    let later = votes.indices.filter { votes[$0] != right }
    (suspects, isCertain) = (Set(first + later).sorted(), true)
  }
}

/// A rank computes other numbers than the others; exit status 5.
struct WrongNumbers: CollectiveFailure, ExitStatusProviding, CustomStringConvertible {
  let description: String
  var exitStatus: ExitStatus { .ranksDisagree }

  init(_ verdict: Verdict, step: Int, microBatch: Int, lastGoodStep: Int?, hosts: [String]) {
    let names = verdict.suspects.map { "rank \($0) on \(hosts[$0])" }
    let who = names.joined(separator: verdict.isCertain ? ", " : " or ")
    let since =
      lastGoodStep.map { "what was audited in step \($0) was right" } ?? "no step was audited before in this process"
    description = """
      \(who): computed wrong numbers in step \(step), in micro-batch \(microBatch) or its audit; a memory or processor fault \
      is likely; \(since): go on with --resume\(lastGoodStep.map { " from a checkpoint up to step \($0)" } ?? ""), without \
      that machine
      """
  }
}
