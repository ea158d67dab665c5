import Testing
import Training

/// Who is blamed when two ranks computed different numbers for the same images.
@Suite struct VerdictTests {
  private func verdict(_ owner: UInt8, _ auditor: UInt8, _ votes: [UInt8]) -> Verdict {
    Verdict(owner: (1, [owner]), auditor: (0, [auditor]), votes: votes.map { [$0] })
  }

  @Test func mostRanksDecide() {
    let right: UInt8 = 7
    #expect(verdict(3, right, [right, right, right]).suspects == [1], "the owner was wrong once")
    #expect(verdict(right, 3, [right, right]).suspects == [0], "the auditor was wrong once")
    #expect(verdict(3, right, [right, 4, right]).suspects == [1], "the owner is wrong always")
    #expect(verdict(3, 4, [right, right, right]).suspects == [0, 1], "both were wrong")
    #expect(verdict(3, right, [right, right, 9, right]).suspects == [1, 2], "another one is wrong as well")
    #expect(verdict(3, right, [right, right, right]).isCertain)
  }

  @Test func twoThatContradictEachOtherAreBothNamed() {
    let open = verdict(3, 7, [7, 3])
    #expect(open.suspects == [0, 1] && !open.isCertain)
    let alone = Verdict(owner: (0, [3]), auditor: (0, [4]), votes: [[5]])
    #expect(alone.suspects == [0] && alone.isCertain)
  }
}
