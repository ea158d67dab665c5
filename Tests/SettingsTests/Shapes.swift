import Messages
import Settings

/// Settings with an option of each kind.
struct Shapes: SettingsGroup {
  var count = 3
  var share: Double? = 0.25
  var seed: UInt64 = 1
  var name: String?
  var isRound = false
  var color = Color.red

  enum Color: String, OptionChoice {
    case red
    case darkBlue = "dark-blue"
  }

  static let names = ["count", "share", "seed", "name", "isRound", "color"]

  func validate() throws {
    try requireCount(count, CodingKeys.count, to: 1_000_000)
    try requireShare(share, CodingKeys.share)
  }
}
