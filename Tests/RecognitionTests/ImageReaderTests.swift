import Foundation
import Images
import Messages
import Recognition
import TestSupport
import Testing

/// Images as they are named, and what ``BarReader`` reads in them.
@Suite struct ImageReaderTests {
  private let folder = try! TemporaryDirectory()

  private func add(_ name: String, _ text: String, margin: Int = 2) throws {
    try folder.write(PNG.encode(BarReader.image(text, margin: margin)), name)
  }

  /// Paths, without the folder, and what was read in them; "error: " and why it was not.
  private func read(_ arguments: [String], maximumWidth: Int = 64, threads: Int = 2) throws -> [[String]] {
    var readings: [[String]] = []
    let reader = try ImageReader(BarReader.recognizer(maximumWidth: maximumWidth), threads: threads)
    try reader.read(ImageArguments(arguments.map(folder.file))) { path, result in
      let text =
        switch result {
        case .success(let reading): reading.text
        case .failure(let error): "error: \(error)"
        }
      #expect((try? result.get().image) ?? path == path)
      readings.append([path, text].map { $0.replacingOccurrences(of: folder.path + "/", with: "") })
    }
    return readings
  }

  /// Images of all widths are read together, and handed out in the order that they were named in.
  @Test func theOrderIsKept() throws {
    let texts = ["a", "cabcab", "", "bb", "c", "abcabcabc", "ba", "b"]
    var (names, expected): ([String], [[String]]) = ([], [])
    for i in 0..<53 {
      let text = texts[i * 5 % 8]
      try add("\(i).png", text, margin: 2 + i % 7)
      names.append("\(i).png")
      expected.append(["\(i).png", text])
    }
    #expect(try read(names) == expected)
    for threads in [1, 3, 40] { #expect(try read(names, threads: threads) == expected) }
    #expect(try read(names.reversed() + ["7.png", "7.png"]) == expected.reversed() + [expected[7], expected[7]])
  }

  /// Whatever thread reads a line, and however often.
  @Test func threadsReadTheSame() throws {
    for i in 0..<70 { try add("\(i).png", ["cab", "b", "abcabc"][i % 3], margin: 2 + i % 9) }
    func read(threads: Int) throws -> [String] {
      let reader = try ImageReader(
        BarReader.recognizer(), decoding: DecodingOptions(beam: 4),
        confidence: true, threads: threads)
      var lines: [String] = []
      try reader.read(ImageArguments((0..<70).map { folder.file("\($0).png") })) {
        try lines.append(RunJSON.line($1.get()))
      }
      return lines
    }
    let one = try read(threads: 1)
    #expect(one.count == 70 && Set(one).count == 70)
    #expect(try read(threads: 4) == one)
  }

  @Test func aBadImageStopsNoOther() throws {
    try add("good.png", "ab")
    try add("wide.png", "abc", margin: 40)
    try folder.write("no image", "text.png")
    let whole = try PNG.encode(BarReader.image("abc"))
    try folder.write(whole.prefix(whole.count / 2), "half.png")
    let readings = try read(["good.png", "wide.png", "none.png", "text.png", "half.png", "good.png"])
    #expect(readings.map { $0[0] } == ["good.png", "wide.png", "none.png", "text.png", "half.png", "good.png"])
    #expect(readings[0][1] == "ab" && readings[5][1] == "ab")
    #expect(
      readings[1][1]
        == "error: wide.png: 85 pixels wide at height 8, at most 64 are allowed; cut it into shorter lines")
    #expect(readings[2][1].contains("No such file") && readings[3][1].hasPrefix("error: "), "\(readings)")
    #expect(readings[4][1].hasPrefix("error: half.png: "), "\(readings)")
    #expect(try read(["wide.png"], maximumWidth: 85)[0][1] == "abc")
  }

  /// The images of a folder, and of those below it, in the order of their names, without what is none.
  @Test func aFolderIsItsImages() throws {
    for (name, text) in [("d/b.png", "b"), ("d/a.PNG", "a"), ("d/10.png", "c"), ("d/9.png", "ab"), ("d/.x.png", "ba")] {
      try add(name, text)
    }
    try folder.write("x", "d/notes.txt")
    try add("d/below/c.png", "c")
    try add("x.png", "cc")
    let expected = [
      ["d/10.png", "c"], ["d/9.png", "ab"], ["d/a.PNG", "a"], ["d/b.png", "b"], ["d/below/c.png", "c"],
    ]
    #expect(try read(["x.png", "d", "x.png"]) == [["x.png", "cc"]] + expected + [["x.png", "cc"]])
    try folder.write("x", "empty/notes.txt")
    let empty = try read(["empty", "x.png"])
    let suffixes = ".png, .jpg, .jpeg, .jpe, .jfif, .tif, .tiff or .webp"
    #expect(empty[0] == ["empty", "error: empty: holds no \(suffixes) and no page, nor do the folders in it"])
    #expect(empty.count == 2 && empty[1] == ["x.png", "cc"])
    #expect(try read([]) == [])
  }

  @Test func anImageInMemory() throws {
    let reader = try ImageReader(BarReader.recognizer())
    let reading = try reader.read(bytes: PNG.encode(BarReader.image("cab")), name: "upload")
    #expect(reading.image == "upload" && reading.text == "cab")
    #expect(reading.confidence == nil && reading.letters == nil, "which nobody asked for")
    let error = thrown(UnreadableImage.self) {
      _ = try reader.read(bytes: PNG.encode(BarReader.image("a", margin: 99)), name: "a\nb")
    }
    #expect(error?.description.hasPrefix("a\\nb: 199 pixels wide") == true && error?.exitStatus == .badData)
    #expect(thrown(ImageError.self) { _ = try reader.read(bytes: [1, 2, 3], name: "upload") } != nil)
  }

  /// With scores that are tens apart, the reader is sure; with all alike it is not: the empty text has one path of 4^T.
  @Test func confidenceIsTheProbabilityOfTheText() throws {
    let sure = try ImageReader(BarReader.recognizer(), confidence: true)
      .read(bytes: PNG.encode(BarReader.image("ab")), name: "x")
    #expect(sure.confidence == 1 && sure.letters?.map(\.letter) == ["a", "b"])
    #expect(sure.letters?.allSatisfy { $0.confidence == 1 } == true)
    let unsure = try ImageReader(Recognizer(BarReader.description()), confidence: true)
      .read(bytes: PNG.encode(BarReader.image("a", margin: 2)), name: "x")
    #expect(unsure.text == "" && unsure.confidence == 0.001 && unsure.letters?.isEmpty == true, "4^-5 is 0.00098")
  }

  @Test func optionsThatMakeNoSenseAreErrors() throws {
    let recognizer = try BarReader.recognizer()
    for (options, message) in [
      (DecodingOptions(beam: 0), "--beam 0: must be 1 to 1000"),
      (DecodingOptions(beam: 1001), "--beam 1001: must be 1 to 1000"),
      (DecodingOptions(lmWeight: 0.5), "--lm-weight goes with --lm only"),
      (DecodingOptions(lm: "x", lmWeight: -1), "--lm-weight -1.0: must be 0 to 10"),
      (DecodingOptions(lm: "x", lmWeight: .nan), "--lm-weight nan: must be 0 to 10"),
    ] {
      #expect(
        thrown(ConfigurationError.self) { _ = try ImageReader(recognizer, decoding: options) }?.description == message)
    }
    let beam = try ImageReader(recognizer, decoding: DecodingOptions(beam: 3))
    #expect(try beam.read(bytes: PNG.encode(BarReader.image("cabba")), name: "x").text == "cabba")
  }
}
