import Foundation
import Images
import Testing

/// Data that cannot be used: exit status 3, and one message that names the file, on any number of ranks.
@Suite struct BadDataTests {
  static let images: [BadInput] = [
    .data("truncated PNG", ["{train}/3.png: truncated PNG", "1 bad record"]) { try $0.cut("\($0.train)/3.png") },
    .data("PNG of 60,000 x 60,000 pixels", ["{train}/3.png: PNG too large", "60000 x 60000"]) {
      try $0.spoil("3.png", pngHeader(width: 60_000, height: 60_000))
    },
    .data("text file named .png", ["{train}/9.png: not a PNG, JPEG, TIFF or WebP image but text"]) {
      try $0.spoil("9.png", "hello\n")
    },
    .data("file without bytes", ["{train}/0.png: the file is empty"]) { try $0.spoil("0.png", "") },
    .data("missing image", ["{train}/3.png: there is no such file"]) {
      try FileManager.default.removeItem(atPath: "\($0.train)/3.png")
    },
    .data("folder named .png", ["{train}/3.png"]) {
      try FileManager.default.removeItem(atPath: "\($0.train)/3.png")
      try FileManager.default.createDirectory(atPath: "\($0.train)/3.png", withIntermediateDirectories: false)
    },
    .data("pipe named .png", ["{train}/3.png"]) {
      try FileManager.default.removeItem(atPath: "\($0.train)/3.png")
      #expect(mkfifo("\($0.train)/3.png", 0o600) == 0)
    },
    .data("image 2 pixels wide", ["{train}/3.png: the text needs 6 time steps, the image gives 1 (4 pixels wide"]) {
      try PNG.write(GrayImage(width: 2, height: 28), to: "\($0.train)/3.png")
      try $0.spoilMetadata(line: 4, "3.png,abcdea")
    },
    .data("image that is too wide", ["{train}/3.png: ", "600 pixels"], ["--max-width", "200"]) {
      try PNG.write(GrayImage(width: 700, height: 28), to: "\($0.train)/3.png")
    },
    .data("bad records on all ranks", ["10 bad records", "{train}/0.png: ", "{train}/5.png: ", "{train}/9.png: "]) {
      for i in 0..<10 { try $0.spoil("\(i).png", "hello") }
    },
    .data("no good record", ["{train}", "no usable record is left"], ["--skip-bad"]) {
      for i in 0..<10 { try $0.spoil("\(i).png", "hello") }
    },
    .data("bad validation image", ["/validation/1.png: truncated PNG"]) { try $0.cut("\($0.validation)/1.png") },
  ]

  static let labels: [BadInput] = [
    .data("empty folder", ["{train}: not a data set", "an empty folder"]) {
      try FileManager.default.removeItem(atPath: $0.train)
      try FileManager.default.createDirectory(atPath: $0.train, withIntermediateDirectories: false)
    },
    .data("missing folder", ["{train}: no such file or folder"]) {
      try FileManager.default.removeItem(atPath: $0.train)
    },
    .data("missing column", ["{train}/metadata.csv: the header lacks \"text\"", "\"remark\"", "--columns"]) {
      try $0.spoilMetadata(line: 0, "file_name,remark")
    },
    .data(
      "metadata in Latin-1", ["{train}/3.p: metadata.csv, record 11 (line 12): it is not UTF-8", "iconv -f LATIN1"]
    ) {
      try $0.spoil("metadata.csv", try $0.bytes("\($0.train)/metadata.csv") + [0x33, 0x2E, 0x70, 0x2C, 0xE9, 0x0A])
    },
    .data("label file in Latin-1", ["{train}/0.png: \"0.gt.txt\": line 1 is not UTF-8", "iconv -f LATIN1"]) {
      try FileManager.default.removeItem(atPath: "\($0.train)/metadata.csv")
      for i in 0..<10 { try $0.spoil("\(i).gt.txt", i == 0 ? [0x63, 0x61, 0x66, 0xE9] : Array("ab".utf8)) }
    },
    .data("image without a label file", ["{train}/4.png: there is no 4.gt.txt beside it"]) {
      try FileManager.default.removeItem(atPath: "\($0.train)/metadata.csv")
      for i in 0..<10 where i != 4 { try $0.spoil("\(i).gt.txt", "ab\n") }
    },
    .data("record of three fields", ["{train}/3.png: metadata.csv, record 4 (line 5): 3 fields where the header has 2"])
    {
      try $0.spoilMetadata(line: 4, "3.png,a,b")
    },
    .data(
      "image outside the folder",
      ["{train}/metadata.csv, record 4 (line 5): ", "../validation/1.png", "goes up", "--allow-outside"]
    ) {
      try $0.spoilMetadata(line: 4, "../validation/1.png,ab")
    },
    .data("metadata without records", ["{train}", "holds no records"]) {
      try $0.spoil("metadata.csv", "file_name,text\n")
    },
    .data("metadata.jsonl with a torn line", ["{train}/metadata.jsonl, line 2: not valid JSON"]) {
      try FileManager.default.removeItem(atPath: "\($0.train)/metadata.csv")
      try $0.spoil("metadata.jsonl", "{\"file_name\": \"0.png\", \"text\": \"a\"}\n{\"file_name\": \"1.p")
    },
    .data("empty label", ["{train}/3.png: the text is empty"]) { try $0.spoilMetadata(line: 4, "3.png,") },
    .data("label too long", ["{train}/3.png: the text needs 39 time steps"]) {
      try $0.spoilMetadata(line: 4, "3.png," + String(repeating: "a", count: 20))
    },
    .data(
      "all together", ["3 bad records", "{train}/2.png: truncated", "{train}/4.png: the text", "{train}/8.png: not a"]
    ) {
      try $0.cut("\($0.train)/2.png")
      try $0.spoilMetadata(line: 5, "4.png,")
      try $0.spoil("8.png", "hello")
    },
  ]

  static let alphabets: [BadInput] = [
    alphabet("alphabet that lacks a letter", "abcd", ["{train}/", "not in the alphabet: U+0065", "U+0D9A"]),
    alphabet("alphabet with a letter twice", "abca", ["{folder}letters.txt", "holds U+0061 twice"]),
    alphabet("empty alphabet", "", ["{folder}letters.txt", "the alphabet is empty"]),
    BadInput("missing alphabet", status: 3, ["{folder}letters.txt"]) {
      $0.training(Recipes.seed, "run", ["--max-steps", "2", "--alphabet", $0.path("letters.txt")])
    },
  ]

  private static func alphabet(_ name: String, _ letters: String, _ parts: [String]) -> BadInput {
    BadInput(name, status: 3, parts) {
      try Data(letters.utf8).write(to: URL(fileURLWithPath: $0.path("letters.txt")))
      return $0.training(Recipes.seed, "run", ["--max-steps", "2", "--alphabet", $0.path("letters.txt")])
    }
  }

  @Test(arguments: images, [1, 2, 3]) func badImages(_ input: BadInput, ranks: Int) throws {
    try input.expectFailure(ranks: ranks)
  }

  @Test(arguments: labels, [1, 2, 3]) func badLabels(_ input: BadInput, ranks: Int) throws {
    try input.expectFailure(ranks: ranks)
  }

  @Test(arguments: alphabets, [1, 2, 3]) func badAlphabets(_ input: BadInput, ranks: Int) throws {
    try input.expectFailure(ranks: ranks)
  }

  /// Only the first ten of many are named.
  @Test func tenBadRecordsAreNamed() throws {
    let workshop = try Workshop(train: 20, validation: 3)
    for i in 0..<13 { try workshop.spoil("\(i).png", "hello") }
    let result = try akuru(ranks: 2, workshop.training(Recipes.seed, "run", ["--max-steps", "2"]))
    expectFailure(result, 3, ["13 bad records", "--skip-bad", "/9.png", "... and 3 more"])
    #expect(!result.stderr.contains("/10.png"))
  }

  /// A run that stopped at bad data left nothing that keeps it from starting when the data is mended.
  @Test func aRunStartsWhenTheDataIsMended() throws {
    let workshop = try Workshop(train: 10, validation: 3)
    let good = try workshop.bytes("\(workshop.train)/3.png")
    try workshop.cut("\(workshop.train)/3.png")
    let arguments = workshop.training(Recipes.seed, "run", ["--max-steps", "2"])
    #expect(try akuru(ranks: 2, arguments).exitCode == 3)
    try workshop.spoil("3.png", good)
    let result = try akuru(ranks: 2, arguments)
    #expect(result.exitCode == 0, "\(result.transcript)")
  }

  /// What looks strange and can be trained on: an image 2 pixels wide with one letter, an image listed twice, labels
  /// that are not in NFC, and letters that only the validation set has.
  @Test(arguments: [1, 2, 3]) func oddDataWorks(ranks: Int) throws {
    let workshop = try Workshop(train: 10, validation: 3)
    try PNG.write(GrayImage(width: 2, height: 28), to: "\(workshop.train)/3.png")
    try workshop.spoilMetadata(line: 4, "3.png,a")
    try workshop.spoilMetadata(line: 6, "2.png,e\u{301}")
    try GlyphData.write(["file_name,text", "0.png,xyz", "1.png,ab"], to: "\(workshop.validation)/metadata.csv")
    let result = try workshop.train(ranks: ranks, Recipes.akuru, "run", ["--max-steps", "2"])
    for warning in ["2.png: is listed twice", "normalization form NFC", "/validation/0.png: not in the alphabet"] {
      #expect(result.stderr.contains(warning), "\(result.transcript)")
    }
  }
}
