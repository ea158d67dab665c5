import Foundation
import TestSupport
import Testing

/// A command that has to fail, the same way on any number of ranks.
struct BadInput: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let status: Int32
  /// What the message has to hold; {train} and {folder} stand for folders of the workshop.
  let parts: [String]
  /// Spoils the workshop and returns the command.
  let prepare: @Sendable (Workshop) throws -> [String]

  init(
    _ description: String, status: Int32, _ parts: [String], prepare: @escaping @Sendable (Workshop) throws -> [String]
  ) {
    (testDescription, self.status, self.parts, self.prepare) = (description, status, parts, prepare)
  }

  /// `akuru train` with the recipe of the seed model for two steps, and these options.
  static func options(_ description: String, status: Int32 = 2, _ options: [String], _ parts: [String]) -> BadInput {
    BadInput(description, status: status, parts) { $0.training(Recipes.seed, "run", ["--max-steps", "2"] + options) }
  }

  /// `akuru train` after the training set was spoiled.
  static func data(
    _ description: String, _ parts: [String], _ options: [String] = [],
    _ spoil: @escaping @Sendable (Workshop) throws -> Void
  ) -> BadInput {
    BadInput(description, status: 3, parts) { workshop in
      try spoil(workshop)
      return workshop.training(Recipes.seed, "run", ["--max-steps", "2"] + options)
    }
  }

  func expectFailure(ranks: Int?) throws {
    let workshop = try Workshop(train: 10, validation: 3)
    let result = try akuru(ranks: ranks, try prepare(workshop), timeout: 60)
    CommandTests.expectFailure(
      result, status,
      parts.map {
        $0.replacingOccurrences(of: "{train}", with: workshop.train)
          .replacingOccurrences(of: "{folder}", with: workshop.path(""))
      })
  }
}

extension Workshop {
  /// Replaces the file `name` of the training set.
  func spoil(_ name: String, _ bytes: some Sequence<UInt8>) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(train)/\(name)"))
  }

  func spoil(_ name: String, _ text: String) throws { try spoil(name, text.utf8) }

  /// Replaces a line of the training set's metadata; line 0 is the header.
  func spoilMetadata(line: Int, _ text: String) throws {
    let path = "\(train)/metadata.csv"
    var lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    lines[line] = text
    try GlyphData.write(lines, to: path)
  }

  /// The bytes of a file.
  func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  /// Keeps the first half of a file.
  func cut(_ path: String) throws {
    let whole = try bytes(path)
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))
  }
}

/// The start of a PNG file that declares a size and holds nothing, with right checksums.
func pngHeader(width: UInt32, height: UInt32) -> [UInt8] {
  func number(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
  func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + data
    return number(UInt32(data.count)) + body + number(crc32(body))
  }
  return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    + chunk("IHDR", number(width) + number(height) + [8, 0, 0, 0, 0]) + chunk("IDAT", [0x78, 0x9C]) + chunk("IEND", [])
}

/// The checksum of PNG (ISO 3309).
private func crc32(_ bytes: [UInt8]) -> UInt32 {
  var crc = ~UInt32(0)
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1 }
  }
  return ~crc
}
