/// Adds up slices of gradients over machines, with messages that travel while other gradients are computed. It serves
/// one rank of a machine, which owns a slice of each bucket, and talks to the ranks that own that slice on the other
/// machines. ``BucketPlan`` chooses between ``DirectExchange`` and ``RecursiveExchange``.
///
/// A step: ``begin()``; ``send(_:)`` for each bucket, in any order; ``pollProgress()`` until ``isFinished``. Messages progress
/// only if all ranks call it regularly.
protocol MachineExchange: AnyObject {
  /// Starts a step: posts the receives for what other machines send.
  func begin() throws(MPIError)

  /// Sends a bucket, whose slice in the slab must hold this machine's sums.
  ///
  /// Throws ``MPIError`` or ``DamagedMessage``.
  func send(_ bucket: Int) throws

  /// Lets messages progress and processes those that have arrived, without waiting.
  ///
  /// Throws ``MPIError`` or ``DamagedMessage``.
  func pollProgress() throws

  /// Whether all messages of the step are done, and the slab holds the sums over all machines.
  var isFinished: Bool { get }

  /// Bytes sent since the exchange was created.
  var bytesSent: Int { get }
}

/// A message that is not validly packed.
struct DamagedMessage: Error, CustomStringConvertible, Equatable {
  /// The machine that sent it.
  let machine: Int
  let bytes: Int
  let gradients: Int

  var description: String {
    "\(bytes) bytes from machine \(machine) are not \(gradients) packed gradients: a damaged message"
  }
}
