import Foundation
import Images
import MessagePassing

/// Where a rank runs: its machine, and the CPUs that it may use there.
struct RankPlace: Codable, Sendable, Equatable {
  let host: String
  /// As Linux lists them, such as 0-3,8; empty where that is unknown.
  let cpus: String

  /// Of all ranks, on rank 0; empty elsewhere. Collective.
  static func gather(over communicator: Communicator) throws -> [RankPlace] {
    let mine = RankPlace(host: communicator.hostName, cpus: Processors.allowedList())
    return try communicator.gather(Array(RunJSON.line(mine).utf8)).map {
      try RunJSON.decode(RankPlace.self, from: String(decoding: $0, as: UTF8.self))
    }
  }

  /// One line; of many ranks, what they have in common.
  static func summary(_ places: [RankPlace]) -> String {
    if places.count <= 8 {
      return places.enumerated().map { rank, place in
        "rank \(rank) on \(place.host)\(place.cpus.isEmpty ? "" : ", CPU \(place.cpus)")"
      }.joined(separator: "; ")
    }
    let counts = places.filter { !$0.cpus.isEmpty }.map { Processors.numbers($0.cpus).count }
    let cpus = counts.min().map { $0 == counts.max() ? ", \($0) CPUs each" : ", \($0) to \(counts.max()!) CPUs each" }
    return "\(places.count) ranks on \(counted(Set(places.map(\.host)).count, "machine"))\(cpus ?? "")"
  }

  /// Ranks that are kept on fewer CPUs than they are.
  static func warnings(_ places: [RankPlace]) -> [String] {
    let crowds = Dictionary(grouping: places.indices) { places[$0] }.filter { !$0.key.cpus.isEmpty }
    return crowds.filter { $0.value.count > Processors.numbers($0.key.cpus).count }.sorted { $0.value[0] < $1.value[0] }
      .map {
        place, ranks in
        "ranks \(ranks.prefix(8).map(String.init).joined(separator: ", ")) share CPU \(place.cpus) on \(place.host): "
          + "use fewer processes, or mpirun --bind-to core"
      }
  }
}
extension RankPlace: Hashable {}
