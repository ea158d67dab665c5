import Foundation
import Synchronization

/// SIGUSR1 means: finish the step, checkpoint, and exit with status 85. The handler only raises a flag; the flags of all
/// ranks are summed with the step's gradients, so that all ranks stop after the same step.
enum StopRequest {
  private static let raised = Atomic<Bool>(false)

  /// Whether this rank was asked to stop.
  static var isRaised: Bool { raised.load(ordering: .relaxed) }

  static func listen() {
    signal(SIGUSR1) { _ in StopRequest.raised.store(true, ordering: .relaxed) }
  }
}
