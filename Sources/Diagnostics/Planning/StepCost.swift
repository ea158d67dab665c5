import Foundation
import MessagePassing

/// The time of a training step on any number of ranks, from what a few ranks measure: the model of Launch/docs/scaling.md.
package struct StepCost: Encodable, Sendable {
  /// Seconds of forward and backward pass for a column of an image, by the images of a micro-batch. Measured.
  package let secondsPerColumn: [Int: Double]
  /// Seconds of gradient norm, clipping and optimizer. Measured.
  package let update: Double
  /// The number of weights.
  package let weights: Int
  /// Bytes a second that a machine's ranks read together to add up gradients: measured with several ranks, else assumed.
  package let memoryBytesPerSecond: Double
  package let isMemoryMeasured: Bool
  /// Bits a second between machines, each way. Given.
  package let networkBitsPerSecond: Double

  package init(
    secondsPerColumn: [Int: Double], update: Double, weights: Int, memoryBytesPerSecond: Double, isMemoryMeasured: Bool,
    networkBitsPerSecond: Double
  ) {
    (self.secondsPerColumn, self.update, self.weights) = (secondsPerColumn, update, weights)
    (self.memoryBytesPerSecond, self.isMemoryMeasured) = (memoryBytesPerSecond, isMemoryMeasured)
    self.networkBitsPerSecond = networkBitsPerSecond
  }

  // Assumed, as in Launch/docs/scaling.md.
  static let usualMemoryBytesPerSecond = 50e9
  /// Bytes of a gradient between machines.
  private static let gradientBytes = 3.76
  /// What a rank computes for a message of TCP, and the bytes that it packs, unpacks and adds in a second.
  private static let (secondsPerMessage, packedBytesPerSecond) = (20e-6, 4e9)
  /// From one machine to another and back; from one rank of a machine to another.
  private static let (networkLatency, sharedLatency) = (200e-6, 2e-6)
  /// The share of a backward pass that is still to come when half of the gradients are on their way, and the share of the
  /// backward pass in a micro-batch.
  private static let (behind, backwardShare) = (0.6, 0.66)

  /// Seconds of a step.
  ///
  /// - Parameters:
  ///   - columns: of the rank that has most.
  ///   - columnsOfLast: of a rank's last micro-batch, during which gradients travel.
  func seconds(columns: Double, columnsOfLast: Double, microBatch: Int, ranks: Int, machines: Int) -> Double {
    let perColumn = secondsPerColumn[microBatch] ?? 0
    let onMachine = (ranks + machines - 1) / machines
    var sums = ranks > 1 ? Double(2 * onMachine * weights * 8) / memoryBytesPerSecond : 0
    // The record of a step travels in a tree.
    sums += 2 * log2(Double(onMachine)) * StepCost.sharedLatency
    if machines > 1 {
      let plan = BucketPlan(gradients: weights, owners: onMachine, machines: machines)
      let (messages, rounds, gradients) = plan.cost
      let sent = gradients * Double(weights) * StepCost.gradientBytes
      sums +=
        Double(messages) * StepCost.secondsPerMessage + Double(8 * weights / onMachine) / StepCost.packedBytesPerSecond
      sums += log2(Double(machines)) * StepCost.networkLatency
      let exchange = 8 * sent / networkBitsPerSecond + Double(rounds) / 2 * StepCost.networkLatency
      sums += max(0, exchange - StepCost.behind * StepCost.backwardShare * columnsOfLast * perColumn)
    }
    return columns * perColumn + update + sums
  }
}
