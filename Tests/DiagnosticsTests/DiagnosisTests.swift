import Diagnostics
import Testing

/// Ranks on hosts "a" and "b", with cores of their own and nothing to find fault with.
private func healthy(_ hosts: [String]) -> [RankFacts] {
  var next: [String: Int] = [:]
  return hosts.enumerated().map { rank, host in
    var facts = RankFacts()
    (facts.rank, facts.host, facts.build, facts.kernels) = (rank, host, "abc", "Haswell")
    facts.cores = [next[host, default: 0]]
    next[host, default: 0] += 1
    (facts.machineCores, facts.memoryMegabytes, facts.freeMemoryMegabytes) = (4, 8000, 7000)
    (facts.dataFingerprint, facts.dataRecords, facts.seesRunDirectory) = ("f", 10, true)
    return facts
  }
}

private func texts(_ ranks: [RankFacts], _ severity: Diagnosis.Finding.Severity) -> [String] {
  Diagnosis(ranks, allreduce: nil).findings.filter { $0.severity == severity }.map(\.text)
}

@Suite struct DiagnosisTests {
  @Test func healthyRanksAreReady() {
    let diagnosis = Diagnosis(healthy(["a", "a", "b"]), allreduce: nil)
    #expect(diagnosis.findings == [] && diagnosis.isReady)
    #expect(diagnosis.lines.last == "verdict: ready")
    #expect(diagnosis.lines.contains("data: 10 records, the same on all ranks"))
    #expect(diagnosis.lines.contains("run directory: the same on all ranks"))
  }

  @Test func whatDiffersIsAnError() {
    let changes: [(String, (inout RankFacts) -> Void)] = [
      ("Akuru's version", { $0.version = "0" }), ("the program's file", { $0.build = "x" }),
      ("the OpenBLAS kernels", { $0.kernels = "Zen" }), ("the build of OpenBLAS", { $0.openBLAS = "y" }),
      ("the libraries that decide bits", { $0.libraries = "z" }), ("the data", { $0.dataFingerprint = "g" }),
    ]
    for (name, change) in changes {
      var ranks = healthy(["a", "a", "b"])
      change(&ranks[2])
      let errors = texts(ranks, .error)
      #expect(errors.count == 1 && errors[0].contains(name) && errors[0].contains("rank 2 on b"), "\(errors)")
      #expect(Diagnosis(ranks, allreduce: nil).lines.last == "verdict: not ready, 1 error")
    }
  }

  @Test func everyRankNeedsACore() {
    var ranks = healthy(["a", "a", "b"])
    ranks[1].cores = [0]
    #expect(texts(ranks, .error) == ["a: 2 ranks share 1 core (0)"])
    // Not bound, but enough for all.
    (ranks[0].cores, ranks[1].cores) = ([0, 1, 2, 3], [0, 1, 2, 3])
    #expect(texts(ranks, .error) == [] && texts(ranks, .warning).first?.contains("not bound") == true)
    #expect(Diagnosis.coresOfTheirOwn([[0, 1], [0], [1, 2]]) == 3)
    #expect(Diagnosis.coresOfTheirOwn([[0, 1], [0], [1]]) == 2)
    #expect(Diagnosis.coresOfTheirOwn([[], [5, 6], [5, 6], [5, 6]]) == 2)
  }

  @Test func dataRunDirectoryAndClock() {
    var ranks = healthy(["a", "b"])
    ranks[1].dataError = "/data: no such file or folder"
    #expect(texts(ranks, .error).first?.contains("rank 1 on b cannot read the data: /data") == true)
    ranks = healthy(["a", "b"])
    ranks[1].seesRunDirectory = false
    ranks[1].clockSeconds = -2.5
    ranks[0].freeMemoryMegabytes = 100
    #expect(texts(ranks, .error) == [] && texts(ranks, .warning).count == 3)
    #expect(Diagnosis(ranks, allreduce: nil).lines.last == "verdict: ready, 3 warnings")
    let diagnosis = Diagnosis(ranks, allreduce: nil, runDirectoryError: "cannot write to /x: Read-only file system")
    #expect(!diagnosis.isReady && diagnosis.findings.contains { $0.text.contains("Read-only") })
  }
}
