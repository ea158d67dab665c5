import Messages
import Settings
import TestSupport
import Testing

@Suite struct OverridesTests {
  private let folder = try! TemporaryDirectory()

  /// What a file of these bytes gives.
  private func read(_ bytes: some Sequence<UInt8>) throws -> Overrides {
    try Overrides(file: folder.write(bytes, "options.json"), names: Shapes.names)
  }

  private func read(_ text: String) throws -> Overrides { try read(text.utf8) }

  /// Why a file is refused, behind its path.
  private func refusal(_ text: String) -> String? {
    let error = thrown(ConfigurationError.self) { _ = try read(text).applied(to: Shapes()) }
    #expect(error?.exitStatus == .usage)
    #expect(error?.description.hasPrefix(folder.file("options.json: ")) == true, "\(error?.description ?? "nothing")")
    return error.map { String($0.description.dropFirst(folder.file("options.json: ").count)) }
  }

  @Test func aFileGivesValuesOfEachKind() throws {
    let text = """
      {"count": 7, "share": 0, "seed": 18446744073709551615, "name": "a\\nb", "isRound": true, "color": "dark-blue"}
      """
    let options = try read(text)
    var expected = Shapes()
    (expected.count, expected.share, expected.seed) = (7, 0, .max)
    (expected.name, expected.isRound, expected.color) = ("a\nb", true, .darkBlue)
    #expect(try options.applied(to: Shapes()) == expected)
    #expect(options.names == Shapes.names.sorted())
    #expect(options.integer("count") == 7 && options.integer("name") == nil)
    #expect(options.text("name") == "a\nb" && options.text("count") == nil)
    #expect(options.isOn("isRound") && !options.isOn("count"))
  }

  @Test func nullIsNotGiven() throws {
    let options = try read("{\"count\": null, \"share\": null, \"name\": \"x\"}")
    #expect(options.names == ["name"] && options["share"] == nil)
    #expect(try options.applied(to: Shapes()).share == 0.25, "the preset's value stays")
    #expect(try read("{}") == Overrides())
  }

  @Test func filesThatAreNoFilesOfOptions() throws {
    func message(_ path: String) -> String? {
      thrown(ConfigurationError.self) { _ = try Overrides(file: path, names: Shapes.names) }?.description
    }
    let none = folder.file("none.json")
    #expect(message(none) == "\(none): cannot be read; check the path given to --config")
    #expect(message(folder.path) == "\(folder.path): cannot be read; check the path given to --config")
    #expect(message("/dev/zero") == "/dev/zero: cannot be read; check the path given to --config")
    for text in ["", "count: 7", "[7]", "7", "null", "{\"count\": 3,,}", "{\"count\": 1e999}"] {
      #expect(refusal(text) == "is not a JSON object of options", "\(text)")
    }
    #expect(thrown(ConfigurationError.self) { _ = try read([0x7B, 0xFF, 0x7D]) } != nil, "no UTF-8")
  }

  /// 4 MiB can be read, one byte more cannot.
  @Test func theSizeIsBounded() throws {
    let text = "{\"count\": 5}"
    let full = text + String(repeating: " ", count: (4 << 20) - text.utf8.count)
    #expect(try read(full).integer("count") == 5)
    #expect(refusal(full + " ") == "is larger than 4 MiB; is it a file of options?")
  }

  @Test func unknownKeysAreNamed() throws {
    #expect(refusal("{\"is_round\": true}") == "unknown option \"is_round\"; did you mean \"isRound\"?")
    #expect(refusal("{\"colour\": \"red\"}") == "unknown option \"colour\"; did you mean \"color\"?")
    #expect(refusal("{\"wallpaper\": 1}") == "unknown option \"wallpaper\"; see akuru train --help")
    // The first in the order of names, also where its value is null.
    #expect(refusal("{\"zzzzzzzz\": 1, \"mmmmmmmm\": null}") == "unknown option \"mmmmmmmm\"; see akuru train --help")
    let long = String(repeating: "k", count: 300)
    let expected = "unknown option \"\(String(repeating: "k", count: 200))...\"; see akuru train --help"
    #expect(refusal("{\"\(long)\": 1}") == expected)
    #expect(refusal("{\"a\\nkuru: b\": 1}")?.contains("\"a\\nkuru: b\"") == true, "no second line")
  }

  @Test(arguments: [
    ("count", "\"3\"", "a whole number"), ("count", "2.5", "a whole number"), ("count", "true", "a whole number"),
    ("count", "1e300", "a whole number"), ("count", "9223372036854775808", "a whole number"),
    ("count", "[3]", "a whole number"), ("count", "{}", "a whole number"),
    ("share", "\"half\"", "a number"), ("share", "false", "a number"), ("share", "[]", "a number"),
    ("seed", "-1", "a whole number, not below zero"), ("seed", "0.5", "a whole number, not below zero"),
    ("seed", "18446744073709551616", "a whole number, not below zero"),
    ("seed", "\"1\"", "a whole number, not below zero"),
    ("name", "5", "text"), ("name", "true", "text"), ("name", "[\"a\"]", "text"),
    ("isRound", "1", "true or false"), ("isRound", "\"true\"", "true or false"), ("color", "0", "text"),
  ])
  func wrongKindsAreNamed(name: String, value: String, kind: String) {
    #expect(refusal("{\"\(name)\": \(value), \"\(name == "name" ? "count" : "name")\": null}") == expected(name, kind))
  }

  private func expected(_ name: String, _ kind: String) -> String { "option \"\(name)\" must be \(kind)" }

  @Test func aWrongKindOnTheCommandLineNamesNoFile() throws {
    let flags = Overrides(["count": .number(2.5)])
    let error = thrown(ConfigurationError.self) { _ = try flags.applied(to: Shapes()) }
    #expect(error?.description == "--count 2.5: must be a whole number" && error?.option == "count")
    // Of several options it is the wrong one.
    let file = try read("{\"name\": \"x\", \"isRound\": true}")
    let both = thrown(ConfigurationError.self) { _ = try flags.over(file).applied(to: Shapes()) }
    #expect(both == error)
  }

  @Test func flagsComeBeforeTheFile() throws {
    let file = try read("{\"count\": 7, \"share\": 0.5}")
    let all = Overrides(["count": .integer(9), "isRound": .boolean(true)]).over(file)
    let shapes = try all.applied(to: Shapes())
    #expect(shapes.count == 9 && shapes.share == 0.5 && shapes.isRound)
    #expect(all.names == ["count", "isRound", "share"])
  }

  /// An error names the file only when the file gives the option that is wrong.
  @Test func theFileIsNamedWhereItIsToBlame() throws {
    let path = folder.file("options.json")
    func message(_ options: Overrides) -> String? {
      thrown(ConfigurationError.self) { try options.located { try options.applied(to: Shapes()).validate() } }?
        .description
    }
    let file = try read("{\"count\": 0, \"color\": \"red\"}")
    #expect(message(file) == "\(path): --count 0: must be 1 to 1,000,000")
    #expect(message(Overrides(["share": .number(1)]).over(file)) == "\(path): --count 0: must be 1 to 1,000,000")
    #expect(message(Overrides(["count": .integer(-5)]).over(file)) == "--count -5: must be 1 to 1,000,000")
    let share = Overrides(["count": .integer(1), "share": .number(.nan)]).over(file)
    #expect(message(share) == "--share nan: must be from 0 to below 1")
    var replaced = file
    replaced["count"] = .integer(0)
    #expect(message(replaced) == "--count 0: must be 1 to 1,000,000", "what is set later is no file's")
    replaced["count"] = nil
    #expect(message(replaced) == nil)
    // An error about no single option stays as it is.
    let other = ConfigurationError("nothing ends this run")
    #expect(thrown(ConfigurationError.self) { try file.located { throw other } } == other)
  }
}
