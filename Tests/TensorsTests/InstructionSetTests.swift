import Tensors
import Testing

@Suite struct InstructionSetTests {
  /// What machines would choose each, what the run began with, and what all use.
  struct Choice: Sendable, CustomTestStringConvertible {
    let names: [String]
    var began: String?
    var least = "Haswell"
    let common: String
    var testDescription: String { "\(names) \(began ?? "") \(least)" }
  }

  @Test(arguments: [
    Choice(names: [], common: "Haswell"),
    Choice(names: [], least: "ARMV8", common: "ARMV8"),
    Choice(names: ["SkylakeX"], common: "SkylakeX"),
    Choice(names: ["Zen", "Zen"], common: "Zen"),
    Choice(names: ["Zen", "Haswell"], common: "Haswell"),
    Choice(names: ["Excavator", "SapphireRapids"], common: "Haswell"),
    Choice(names: ["Cooperlake", "SkylakeX"], common: "SkylakeX"),
    Choice(names: ["SapphireRapids", "Cooperlake"], common: "Cooperlake"),
    Choice(names: ["Prescott", "SkylakeX"], common: "Haswell"),
    Choice(names: ["neoversen1"], least: "ARMV8", common: "neoversen1"),
    Choice(names: ["neoversen1", "cortexa72"], least: "ARMV8", common: "ARMV8"),
    Choice(names: ["Cooperlake", "Cooperlake"], began: "Haswell", common: "Haswell"),
    Choice(names: ["Cooperlake"], began: "cooperlake", common: "cooperlake"),
    Choice(names: ["SapphireRapids"], began: "Zen", common: "Zen"),
    Choice(names: ["Haswell", "Cooperlake"], began: "Cooperlake", common: "Haswell"),
    Choice(names: ["Zen"], began: "SkylakeX", common: "Zen"),
    Choice(names: ["SkylakeX"], began: "Prescott", common: "SkylakeX"),
    Choice(names: ["neoversen1"], began: "ARMV8", least: "ARMV8", common: "ARMV8"),
    Choice(names: ["neoversen1"], began: "cortexa72", least: "ARMV8", common: "neoversen1"),
  ])
  func allMachinesGetKernelsThatTheyCanRun(choice: Choice) {
    let common = InstructionSet.commonKernels(of: choice.names, began: choice.began, least: choice.least)
    #expect(common == choice.common)
  }

  /// The order of the names does not matter, or machines would come to different kernels after a restart.
  @Test func theOrderOfMachinesDoesNotMatter() {
    for names in [["Zen", "Haswell", "SkylakeX"], ["SapphireRapids", "Cooperlake"], ["a", "b"]] {
      #expect(InstructionSet.commonKernels(of: names) == InstructionSet.commonKernels(of: names.reversed()))
    }
  }

  @Test func allRunTheLeastKernels() {
    let expected: String
    #if arch(x86_64)
      expected = "Haswell"
    #else
      expected = "ARMV8"
    #endif
    #expect(InstructionSet.leastKernels == expected)
  }
}
