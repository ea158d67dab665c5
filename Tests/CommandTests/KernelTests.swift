import Foundation
import TestSupport
import Testing

/// Which of OpenBLAS's kernels `akuru` computes with.
@Suite(.enabled(if: machine == "x86_64")) struct KernelTests {
  /// The kernels that OpenBLAS chose each time the program started, the last one being those that are used.
  private func kernels(_ setting: [String], ranks: Int? = nil) throws -> [String] {
    let command = ["env"] + setting + [try product("akuru"), "--version"]
    let launched = ranks.map { ["mpirun", "-n", "\($0)"] + command } ?? command
    let result = try run(
      launched[0], Array(launched.dropFirst()), environment: mpiEnvironment.merging(["OPENBLAS_VERBOSE": "2"]) { $1 })
    try #require(result.exitCode == 0 && !result.stdout.isEmpty, "\(result.transcript)")
    return (result.stdout + result.stderr).matches(of: /Core: (\w+)/).map { String($0.1) }
  }

  @Test(.enabled(if: hasAVX2)) func kernelsFitTheCPU() throws {
    let found = try kernels(["-u", "OPENBLAS_CORETYPE"])
    let fitting = ["Haswell", "Zen", "Excavator", "SkylakeX", "Cooperlake", "SapphireRapids"]
    #expect(fitting.contains(found.last ?? ""), "\(found)")
    #expect(found.count <= 2, "the program starts anew once at most: \(found)")
    if found.count == 2 { #expect(found[1] == (hasAVX512 ? "SkylakeX" : "Haswell"), "\(found)") }
    // An empty value is none, and ranks do the same.
    #expect(try kernels(["OPENBLAS_CORETYPE="]).last.map { fitting.contains($0) } == true)
    let ranks = try kernels(["-u", "OPENBLAS_CORETYPE"], ranks: 2)
    #expect(ranks.count == 2 * found.count && ranks.count { $0 == found.last } >= 2, "\(ranks)")
  }

  @Test func aChoiceIsKept() throws { #expect(try kernels(["OPENBLAS_CORETYPE=Nehalem"]) == ["Nehalem"]) }
}

private let machine = (try? run("uname", ["-m"]).stdout)?.trimmingCharacters(in: .whitespacesAndNewlines)
private let processor = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
private let hasAVX2 = processor.contains(" avx2 ")
private let hasAVX512 = ["f", "bw", "dq", "vl"].allSatisfy { processor.contains(" avx512\($0) ") }
