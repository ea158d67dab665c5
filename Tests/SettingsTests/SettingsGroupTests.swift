import Messages
import Settings
import TestSupport
import Testing

@Suite struct SettingsGroupTests {
  private enum Key: CodingKey { case batchSize, share }
  private let group = Shapes()

  private func message(_ body: () throws -> Void) -> String? { thrown(ConfigurationError.self, body)?.description }

  @Test func namesAreThePropertiesInTheirOrder() {
    #expect(group.optionNames == Shapes.names)
  }

  @Test func aRuleThatIsBrokenNamesOptionValueAndRule() {
    #expect(message { try group.require(true, Key.batchSize, 0, "must be positive") } == nil)
    let error = thrown(ConfigurationError.self) { try group.require(false, Key.batchSize, 0, "must be positive") }
    #expect(error?.description == "--batch-size 0: must be positive" && error?.option == "batchSize")
    #expect(error?.exitStatus == .usage)
  }

  @Test func sharesAreFromZeroToBelowOne() {
    for share in [nil, 0, 0.5, 1 - 0x1p-53] {
      #expect(message { try group.requireShare(share, Key.share) } == nil, "\(String(describing: share))")
    }
    for share in [-0x1p-1074, 1, 1.5, .nan, .infinity, -.infinity] {
      #expect(message { try group.requireShare(share, Key.share) } == "--share \(share): must be from 0 to below 1")
    }
  }

  @Test func countsHaveBounds() {
    for count in [nil, 1, 2, 1_000_000_000] { #expect(message { try group.requireCount(count, Key.batchSize) } == nil) }
    for count in [0, -1, 1_000_000_001, .max, .min] {
      let expected = "--batch-size \(count): must be 1 to 1,000,000,000"
      #expect(message { try group.requireCount(count, Key.batchSize) } == expected)
    }
    #expect(message { try group.requireCount(.max, Key.batchSize, to: .max) } == nil)
    #expect(message { try group.requireCount(0, Key.batchSize, to: .max) } == "--batch-size 0: must be at least 1")
    #expect(message { try group.requireCount(1, Key.batchSize, from: 2, to: 12) } == "--batch-size 1: must be 2 to 12")
    #expect(message { try group.requireCount(0, Key.batchSize, from: 0, to: 999) } == nil)
    let five = message { try group.requireCount(-3, Key.batchSize, from: 0, to: 12_345) }
    #expect(five == "--batch-size -3: must be 0 to 12,345")
  }

  @Test func someOptionsGoWithOthersOnly() {
    func check(isNil: Bool, unless: Bool) -> String? {
      message { try group.require(Key.share, isNil: isNil, unless: unless, goesWith: "--optimizer sgd") }
    }
    #expect(check(isNil: false, unless: false) == "--share goes with --optimizer sgd only")
    #expect(check(isNil: true, unless: false) == nil && check(isNil: false, unless: true) == nil)
    #expect(check(isNil: true, unless: true) == nil)
  }
}

@Suite struct OptionChoiceTests {
  private struct Holder: Codable { var paintColor: Shapes.Color }

  @Test func aNameIsCodedAsItIsWritten() throws {
    #expect(try RunJSON.decode(Holder.self, from: "{\"paintColor\": \"dark-blue\"}").paintColor == .darkBlue)
    #expect(try RunJSON.line(Holder(paintColor: .darkBlue)) == "{\"paintColor\":\"dark-blue\"}")
  }

  @Test(arguments: ["green", "darkBlue", "Red", "", "red "]) func otherNamesAreErrorsWithAllNames(_ name: String) {
    let error = thrown(ConfigurationError.self) {
      _ = try RunJSON.decode(Holder.self, from: RunJSON.line(["paintColor": name]))
    }
    #expect(error?.description == "--paint-color \(name): it is one of red, dark-blue")
    #expect(error?.option == "paintColor")
  }

  @Test func aLongNameIsCutAndStaysOnItsLine() {
    let name = "\n" + String(repeating: "x", count: 300)
    let error = thrown(ConfigurationError.self) {
      _ = try RunJSON.decode(Holder.self, from: RunJSON.line(["paintColor": name]))
    }
    let shown = "\\n" + String(repeating: "x", count: 199) + "..."
    #expect(error?.description == "--paint-color \(shown): it is one of red, dark-blue")
  }
}
