import Foundation
import Testing

@Suite struct TimelineTests {
  private struct Event: Decodable {
    let name: String
    let ph: String
    let pid: Int
    let ts: Double?
    let dur: Double?

    var start: Double { ts ?? -1 }
    var end: Double { start + (dur ?? -1) }
  }

  private func events(_ path: String) throws -> [Event] {
    try JSONDecoder().decode([Event].self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }

  @Test(arguments: [1, 3]) func everyRankTellsItsTime(_ ranks: Int) throws {
    let workshop = try Workshop(train: 24, validation: 6)
    let path = workshop.path("trace.json")
    try workshop.train(ranks: ranks, Recipes.seed + ["--epochs", "1"], "run", ["--trace", path, "--audit-every", "0"])
    let events = try events(path).filter { $0.ph == "X" }
    #expect(Set(events.map(\.pid)) == Set(0..<ranks))
    func count(_ name: String, _ rank: Int? = nil) -> Int {
      events.count { $0.name == name && (rank == nil || $0.pid == rank) }
    }
    // Three steps of four micro-batches.
    for name in ["load", "forward", "backward"] { #expect(count(name) == 12, "\(name)") }
    for rank in 0..<ranks {
      for name in ["wait", "reduce", "update"] { #expect(count(name, rank) == 3, "\(name)") }
      #expect(count("evaluate", rank) == 1 && count("checkpoint", rank) == 1)
      // One after the other, on one clock.
      let mine = events.filter { $0.pid == rank }
      for (a, b) in zip(mine, mine.dropFirst()) { #expect(a.end <= b.start + 0.002) }
      #expect(mine.allSatisfy { $0.start >= 0 && $0.end >= $0.start && $0.end < 600e6 })
    }
    // A reduction ends on no rank before the last one has come to it; clocks agree to some milliseconds.
    for step in 0..<3 {
      let reductions = (0..<ranks).map { rank in events.filter { $0.pid == rank && $0.name == "reduce" }[step] }
      let lastStart = reductions.map(\.start).max() ?? .nan
      let firstEnd = reductions.map(\.end).min() ?? .nan
      #expect(lastStart <= firstEnd + 50_000)
    }
    // The trace changes no bit.
    try workshop.train(Recipes.seed + ["--epochs", "1"], "plain")
    #expect(try workshop.checkpoints("run") == workshop.checkpoints("plain"))
    let line = try String(contentsOfFile: workshop.path("run/metrics.jsonl"), encoding: .utf8)
      .split(separator: "\n").first { $0.contains("\"evaluation\"") }
    struct Waiting: Decodable {
      let waitingForData: [Double]
      let waitingForRanks: [Double]
    }
    let waiting = try JSONDecoder().decode(Waiting.self, from: Data(#require(line).utf8))
    #expect(waiting.waitingForData.count == ranks && waiting.waitingForRanks.count == ranks)
    #expect(waiting.waitingForRanks.min() == 0)
  }

  @Test func isWholeAfterARequestToStop() throws {
    let workshop = try Workshop(train: 24, validation: 6)
    let path = workshop.path("trace.json")
    let result = try akuru(
      ranks: 2, workshop.training(Recipes.seed + ["--epochs", "50"], "run", ["--trace", path]),
      environment: ["AKURU_FAULT": "1:4:step:usr1"])
    #expect(result.exitCode == 85, "\(result.transcript)")
    let events = try events(path)
    #expect(events.contains { $0.name == "checkpoint" } && Set(events.map(\.pid)) == [0, 1])
    expectFailure(
      try akuru(
        workshop.training(Recipes.seed + ["--epochs", "1"], "second", ["--trace", workshop.path("no/t.json")])),
      4, ["no/t.json"])
  }
}

@Suite struct DoctorTests {
  @Test func twoRanksThatCanBeTrainedOn() throws {
    let workshop = try Workshop(train: 8, validation: 2)
    let run = workshop.path("new/run")
    // Ranks that are not bound can each have a core of their own where there are two.
    let result = try akuru(ranks: 2, ["doctor", "--data", workshop.train, "--run-dir", run])
    let enough = ProcessInfo.processInfo.activeProcessorCount >= 2
    #expect(result.exitCode == 0 || !enough, "\(result.transcript)")
    for part in [
      "data: 8 records, the same on all ranks", "run directory: the same", "allreduce over 2 ranks", "verdict:",
    ] {
      #expect(result.stdout.contains(part), "\(result.transcript)")
    }
    // Nothing is left, and nothing was made.
    #expect(try FileManager.default.contentsOfDirectory(atPath: workshop.path("")).sorted() == ["train", "validation"])
  }

  @Test func moreRanksThanCores() throws {
    let ranks = ProcessInfo.processInfo.activeProcessorCount + 1
    guard ranks <= 9 else { return }
    let result = try akuru(ranks: ranks, ["doctor", "--json"])
    #expect(result.exitCode == 5, "\(result.transcript)")
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(result.stdout.utf8)) as? [String: Any], "\(result.transcript)")
    let findings = try #require(object["findings"] as? [[String: Any]])
    #expect(findings.contains { ($0["text"] as? String)?.contains("\(ranks) ranks share") == true })
    #expect((object["ranks"] as? [Any])?.count == ranks)
  }

  @Test func oneRankWithoutData() throws {
    let result = try akuru(["doctor", "--data", "/none", "--run-dir", "/proc/1/no"])
    #expect(result.exitCode == 5, "\(result.transcript)")
    #expect(result.stdout.contains("cannot read the data: /none"), "\(result.transcript)")
    #expect(result.stdout.contains("verdict: not ready, 2 errors"), "\(result.transcript)")
  }
}
