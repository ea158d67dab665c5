import TestSupport
import Testing
import Training

@Suite struct RankBindingTests {
  private func bindings(_ pairs: [(String, String)]) -> [RankBinding] { pairs.map { RankBinding(host: $0, cpus: $1) } }

  @Test func fewRanksAreListed() {
    #expect(RankBinding.summary(bindings([("a", "0-3")])) == "rank 0 on a, CPU 0-3")
    #expect(
      RankBinding.summary(bindings([("a", "0"), ("a", ""), ("b", "1,5")]))
        == "rank 0 on a, CPU 0; rank 1 on a; rank 2 on b, CPU 1,5")
    let eight = RankBinding.summary(bindings((0..<8).map { ("h", "\($0)") }))
    #expect(eight.hasSuffix("; rank 7 on h, CPU 7") && eight.split(separator: ";").count == 8)
  }

  @Test func ofManyRanksIsSaidWhatTheyShare() {
    func summary(_ count: Int, _ binding: (Int) -> (String, String)) -> String {
      RankBinding.summary(bindings((0..<count).map(binding)))
    }
    #expect(summary(9) { _ in ("h", "0-3,8") } == "9 ranks on 1 machine, 5 CPUs each")
    #expect(summary(10) { ("h\($0 % 3)", $0 == 4 ? "1" : "0-7") } == "10 ranks on 3 machines, 1 to 8 CPUs each")
    #expect(summary(10) { ("h\($0 % 3)", $0 == 4 ? "" : "0-7") } == "10 ranks on 3 machines, 8 CPUs each")
    #expect(summary(12) { _ in ("h", "") } == "12 ranks on 1 machine", "nothing is known of their CPUs")
  }

  @Test func ranksThatCrowdAreWarnedOf() {
    func warnings(_ pairs: [(String, String)]) -> [String] { RankBinding.warnings(bindings(pairs)) }
    #expect(warnings([]) == [] && warnings([("a", "0"), ("a", "1")]) == [])
    #expect(warnings([("a", "0"), ("b", "0")]) == [], "of two machines")
    #expect(warnings([("a", "0-1"), ("a", "0-1")]) == [], "as many as there are CPUs")
    #expect(warnings([("a", ""), ("a", "")]) == [])
    let end = "use fewer processes, or mpirun --bind-to core"
    #expect(
      warnings([("b", "4"), ("a", "0-1"), ("b", "4"), ("a", "0-1"), ("a", "0-1")]) == [
        "ranks 0, 2 share CPU 4 on b: \(end)", "ranks 1, 3, 4 share CPU 0-1 on a: \(end)",
      ])
    let many = warnings([(String, String)](repeating: ("a", "3"), count: 20))
    #expect(many == ["ranks 0, 1, 2, 3, 4, 5, 6, 7 share CPU 3 on a: \(end)"], "the first eight are named")
  }
}
