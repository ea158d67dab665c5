import Foundation
import MessagePassing

/// A failure that every rank throws alike; rank 0 prints it once and all ranks leave with its status.
public struct SharedFailure: CollectiveFailure, ExitStatusProviding, CustomStringConvertible, Codable {
  public let description: String
  public let exitStatus: ExitStatus

  init(_ error: any Error) {
    if let shared = error as? SharedFailure {
      self = shared
    } else {
      description = "\(error)"
      exitStatus = ExitStatus(for: error)
    }
  }
}

extension Communicator {
  /// Rank 0 does the work; all ranks return its result, or throw its failure.
  func fromRankZero<Value: Codable>(_ work: () throws -> Value) throws -> Value {
    var message: [UInt8]?
    if rank == 0 {
      let outcome = Outcome<Value>(work)
      message = Array(try JSONEncoder().encode(outcome))
    }
    return try JSONDecoder().decode(Outcome<Value>.self, from: Data(broadcast(message))).get()
  }

  /// Every rank does the work. If it fails anywhere, all ranks throw the failure of the first rank where it did.
  func onEveryRank<Value>(_ work: () throws -> Value) throws -> Value {
    var value: Value?
    var failure: SharedFailure?
    do { value = try work() } catch { failure = SharedFailure(error) }
    let failures = try allGather(Array(JSONEncoder().encode([failure])))
    for bytes in failures {
      if let failure = try JSONDecoder().decode([SharedFailure?].self, from: Data(bytes))[0] { throw failure }
    }
    return value!
  }
}

/// What came of some work, in a form that can be sent.
private struct Outcome<Value: Codable>: Codable {
  var value: Value?
  var failure: SharedFailure?

  init(_ work: () throws -> Value) {
    do { value = try work() } catch { failure = SharedFailure(error) }
  }

  func get() throws -> Value {
    if let failure { throw failure }
    return value!
  }
}
