import Foundation

extension Communicator {
  /// Rank 0 does the work; all ranks return its result. If it fails, all ranks throw the same failure.
  package func fromRankZero<Value: Codable>(_ work: () throws -> Value) throws -> Value {
    let bytes = try together { rank == 0 ? try Array(JSONEncoder().encode([work()])) : [] }
    return try JSONDecoder().decode([Value].self, from: Data(broadcast(rank == 0 ? bytes : nil)))[0]
  }
}
