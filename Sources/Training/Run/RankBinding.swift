import Foundation
import MessagePassing
import Messages

/// The binding of a rank: its machine, and the CPUs that it may use there.
package struct RankBinding: Codable, Sendable, Equatable {
  package let host: String
  /// In Linux's notation, such as 0-3,8; empty if unknown.
  package let cpus: String

  package init(host: String, cpus: String) { (self.host, self.cpus) = (host, cpus) }

  /// The bindings of all ranks, on rank 0; empty elsewhere. Collective.
  static func gather(over communicator: Communicator) throws -> [RankBinding] {
    let mine = RankBinding(host: communicator.hostName, cpus: Processors.allowedList())
    return try communicator.gather(Array(RunJSON.line(mine).utf8)).map {
      try RunJSON.decode(RankBinding.self, from: String(decoding: $0, as: UTF8.self))
    }
  }

  /// One line; for many ranks, what they have in common.
  package static func summary(_ bindings: [RankBinding]) -> String {
    if bindings.count <= 8 {
      return bindings.enumerated().map { rank, binding in
        "rank \(rank) on \(binding.host)\(binding.cpus.isEmpty ? "" : ", CPU \(binding.cpus)")"
      }.joined(separator: "; ")
    }
    let counts = bindings.filter { !$0.cpus.isEmpty }.map { Processors.numbers($0.cpus).count }
    let cpus = counts.min().map { $0 == counts.max() ? ", \($0) CPUs each" : ", \($0) to \(counts.max()!) CPUs each" }
    return "\(bindings.count) ranks on \(counted(Set(bindings.map(\.host)).count, "machine"))\(cpus ?? "")"
  }

  /// Warnings about ranks that are bound to fewer CPUs than there are ranks.
  package static func warnings(_ bindings: [RankBinding]) -> [String] {
    let crowds = Dictionary(grouping: bindings.indices) { bindings[$0] }.filter { !$0.key.cpus.isEmpty }
    return crowds.filter { $0.value.count > Processors.numbers($0.key.cpus).count }.sorted { $0.value[0] < $1.value[0] }
      .map {
        binding, ranks in
        "ranks \(ranks.prefix(8).map(String.init).joined(separator: ", ")) share CPU \(binding.cpus) on \(binding.host): "
          + "use fewer processes, or mpirun --bind-to core"
      }
  }
}
extension RankBinding: Hashable {}
