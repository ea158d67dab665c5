import Foundation
import Images
import TestSupport
import Testing

/// `akuru serve --correct`: the lines in the order of doubt, what is saved, and that nothing that is there is written over.
@Suite struct CorrectingTests {
  private struct Lines: Decodable {
    struct Line: Decodable {
      let number: Int
      let name: String
      let label: String
      let text: String
      let saved: String?
    }
    let total: Int
    let saved: Int
    let lines: [Line]
  }

  private func server() throws -> ServedRun {
    try ServedRun { ["--correct", $0.train, "--output", $0.path("corrected")] }
  }

  private func lines(_ server: ServedRun) throws -> Lines {
    let answer = try server.request("correct/lines")
    #expect(answer.status == 200, "\(answer)")
    return try JSONDecoder().decode(Lines.self, from: Data(answer.body.utf8))
  }

  private func save(_ server: ServedRun, _ number: Int, _ body: String, type: String = "application/json") throws -> Int
  {
    try server.request("correct/line/\(number)", ["-H", "Content-Type: \(type)", "--data-binary", body]).status
  }

  @Test func linesAreSavedAsADataSet() throws {
    let server = try server()
    let workshop = server.workshop
    let before = try workshop.bytes("\(workshop.train)/metadata.csv")
    let all = try lines(server)
    #expect(all.total == 10 && all.saved == 0 && all.lines.map(\.number) == Array(0..<10))
    #expect(Set(all.lines.map(\.name)).count == 10 && all.lines.allSatisfy { !$0.label.isEmpty && $0.saved == nil })
    #expect(try save(server, 3, #"{"text": "  two\nlines "}"#) == 200)
    #expect(try save(server, 0, #"{"text": "\u05D0\u05D1 1"}"#) == 200)
    #expect(try save(server, 3, #"{"text": "again"}"#) == 200)
    #expect(try lines(server).lines[3].saved == "again" && lines(server).saved == 2)
    let image = try run("curl", ["-sS", "-o", workshop.path("3.png"), server.address + "correct/image/3"])
    #expect(image.exitCode == 0)
    for (number, body, type, status) in [
      (3, #"{"text": " \n"}"#, "application/json", 422), (99, #"{"text": "x"}"#, "application/json", 404),
      (3, #"{"text": "x"}"#, "text/plain", 415), (3, "x", "application/json", 400),
    ] { #expect(try save(server, number, body, type: type) == status) }
    #expect(try server.request("correct/line/3").status == 405)
    for start in ["9223372036854775807", "-9223372036854775808", "10"] {
      #expect(try server.request("correct/lines?from=\(start)").body.contains(#""lines":[]"#) == (start.first != "-"))
    }

    let files = try FileManager.default.contentsOfDirectory(atPath: workshop.path("corrected")).sorted()
    #expect(files == ["000001.png", "000002.png", "metadata.jsonl"])
    #expect(try PNG.read(path: workshop.path("corrected/000001.png")) == PNG.read(path: workshop.path("3.png")))
    let check = try akuru(["check", workshop.path("corrected")])
    #expect(check.stdout.contains("2 good and 0 bad"), "\(check.transcript)")
    let metadata = try String(contentsOfFile: workshop.path("corrected/metadata.jsonl"), encoding: .utf8)
    #expect(metadata.contains(#""text":"again""#) && metadata.contains("\u{5D0}\u{5D1} 1") && !metadata.contains("two"))
    #expect(try workshop.bytes("\(workshop.train)/metadata.csv") == before)

    // Another server must not write there at the same time; a later one goes on.
    let serve = ["serve", "--checkpoint", workshop.path("run"), "--port", "0", "--correct", workshop.train, "--output"]
    expectFailure(try akuru(serve + [workshop.path("corrected")]), 2, ["another akuru serve --correct uses it"])
    #expect(try server.end(SIGTERM).exitCode == 0)
    let next = try RunningProcess(product("akuru"), serve + [workshop.path("corrected")])
    defer { next.send(signal: SIGKILL) }
    #expect(waitUntil(60) { next.stdout.contains("correct") }, "\(next.stderr)")
    let address = String(next.stdout.split(separator: " ").first ?? "")
    let again = try run("curl", ["-sS", address + "/lines"])
    #expect(again.stdout.contains(#""saved":2"#) && again.stdout.contains(#""saved":"again""#), "\(again.transcript)")
  }

  @Test func mistakes() throws {
    let workshop = try Workshop(train: 10, validation: 3)
    try workshop.train(Recipes.seed, "run", ["--max-steps", "1"])
    let serve = ["serve", "--checkpoint", workshop.path("run"), "--port", "0"]
    expectFailure(try akuru(serve + ["--correct", workshop.train]), 2, ["--correct needs --output"])
    expectFailure(try akuru(serve + ["--output", "x"]), 2, ["--output goes with --correct only"])
    // A folder with metadata of its own is not written to.
    try FileManager.default.createDirectory(atPath: workshop.path("mine"), withIntermediateDirectories: false)
    try GlyphData.write([#"{"file_name": "a.png", "text": "a"}"#], to: workshop.path("mine/metadata.jsonl"))
    expectFailure(
      try akuru(serve + ["--correct", workshop.train, "--output", workshop.path("mine")]), 2,
      ["mine/metadata.jsonl: not written by akuru serve --correct"])
    expectFailure(
      try akuru(serve + ["--correct", workshop.train, "--output", workshop.train]), 2,
      ["holds other files, as metadata.csv"])
    expectFailure(
      try akuru(serve + ["--correct", workshop.path("none"), "--output", workshop.path("out")]), 3, ["none"])
  }

  @Test(.enabled(if: ServedRun.chromium != nil, "Chromium is not installed")) func correctingInABrowser() throws {
    let server = try server()
    let script = try #require(Bundle.module.path(forResource: "check_correcting", ofType: "py"))
    let hebrew = "\u{5E9}\u{5DC}\u{5D5}\u{5DD} 12"
    let result = try run(
      "python3", [script, try #require(ServedRun.chromium), server.address + "correct", "typed", hebrew], timeout: 120)
    #expect(result.exitCode == 0 && result.stdout == "good\n", "\(result.transcript)")
    let metadata = try String(contentsOfFile: server.workshop.path("corrected/metadata.jsonl"), encoding: .utf8)
    #expect(metadata.contains(#""text":"typed""#) && metadata.contains(#""text":"\#(hebrew)""#), "\(metadata)")
    #expect(metadata.split(separator: "\n").count == 3)
  }
}
