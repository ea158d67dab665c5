import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct AugmentationFileTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private func read(_ text: String) throws -> Augmentation {
    try folder.add("set.json", text)
    return try Augmentation(argument: folder.url("set.json").path)
  }

  @Test func whatIsLeftOutIsOff() throws {
    #expect(try read("{}") == .none)
    var expected = Augmentation.none
    expected.blur = Augmentation.strong.blur
    #expect(try read(#"{"blur": {"chance": 0.35, "sigma": [0.3, 1.3]}}"#) == expected)
  }

  @Test func baseIsChanged() throws {
    var expected = Augmentation.strong
    expected.erasing.chance = 0
    expected.compression.quality = 30...40
    #expect(
      try read(#"{"base": "strong", "erasing": {"chance": 0}, "compression": {"quality": [30, 40]}}"#) == expected)
  }

  @Test func encodedSetsAreReadAgain() throws {
    for set in [Augmentation.none, .default, .strong] {
      let text = String(decoding: try JSONEncoder().encode(set), as: UTF8.self)
      #expect(try read(text) == set)
      #expect(try JSONDecoder().decode(Augmentation.self, from: Data(text.utf8)) == set)
    }
    // What checkpoints held before there were sets of one's own. Both sets had fewer operations.
    #expect(try JSONDecoder().decode(Augmentation.self, from: Data("\"none\"".utf8)) == .none)
    for set in [Augmentation.default, .strong] {
      let before = try JSONDecoder().decode(Augmentation.self, from: Data("\"\(set.name!)\"".utf8))
      #expect(before != set && before.paper == nil && before.affine == set.affine)
      #expect(before.name == set.name)
      let text = String(decoding: try JSONEncoder().encode(before), as: UTF8.self)
      #expect(!text.contains("paper"), "older checkpoints keep their bytes: \(text)")
    }
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Augmentation.self, from: Data("\"much\"".utf8)) }
    for set in [Augmentation.none, .default, .strong] { try set.validate() }
  }

  @Test(arguments: [
    ("", "not a JSON object"), ("[]", "not a JSON object"),
    (#"{"blurr": {}}"#, #"unknown key "blurr"; an augmentation has"#),
    (#"{"blur": {"sigmas": 1}}"#, #"unknown key "blur.sigmas"; blur has chance, sigma"#),
    (#"{"blur": 3}"#, #""blur" must be an object with chance, sigma"#),
    (#"{"blur": {"sigma": 1}}"#, #""blur.sigma" must be two numbers, [smallest, largest]"#),
    (#"{"blur": {"sigma": [2, 1]}}"#, #""blur.sigma" must be two numbers"#),
    (#"{"blur": {"chance": "x"}}"#, #""blur.chance" must be a number"#),
    (#"{"blur": {"chance": 1.5}}"#, "blur.chance 1.5: must be 0 to 1"),
    (#"{"blur": {"sigma": [0.5, 900]}}"#, "blur.sigma [0.5, 900.0]: must be 0.0 to 8.0"),
    (#"{"affine": {"rotation": -3}}"#, "affine.rotation -3.0: must be 0.0 to 15.0"),
    (#"{"affine": {"width": [0.1, 1]}}"#, "affine.width [0.1, 1.0]: must be 0.5 to 2.0"),
    (#"{"erasing": {"count": 0}}"#, "erasing.count 0: must be 1 to 16"),
    (#"{"compression": {"quality": [0, 50]}}"#, "compression.quality [0, 50]: must be 1 to 100"),
    (#"{"elastic": {"strength": [0, 0.1], "cell": [0.2, 0.5]}}"#, "elastic.cell 0.2: must be at least 3 times"),
    (#"{"tone": {"noise": 1e300}}"#, #""tone.noise" must be a number"#),
    (#"{"base": "heavy"}"#, #""base" must be one of default, strong, none"#),
  ])
  func errorsNameFileAndKey(text: String, part: String) throws {
    let error = try #require(throws: AugmentationError.self) { try read(text) }
    #expect(error.description.contains("set.json: ") && error.description.contains(part), "\(error)")
    #expect(!error.description.contains("\n"))
  }

  @Test func whatIsNoFileIsAnError() throws {
    for argument in ["much", "", folder.url("none.json").path, folder.path + "/.json"] {
      let error = try #require(throws: AugmentationError.self) { try Augmentation(argument: argument) }
      #expect(!error.description.contains("\n") && (argument.isEmpty || error.description.contains(argument)))
    }
    try folder.add("large.json", [UInt8](repeating: 32, count: 1 << 17))
    let error = try #require(throws: AugmentationError.self) {
      try Augmentation(argument: folder.url("large.json").path)
    }
    #expect(error.description.contains("64 KiB"))
  }
}
