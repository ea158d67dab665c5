import Foundation
import Images
import TestSupport
import Testing

/// `akuru serve`: the page, the JSON endpoint, and how it ends.
@Suite struct ServeTests {
  private struct Answer: Decodable {
    struct Letter: Decodable, Equatable {
      let letter: String
      let confidence: Double
    }
    let text: String
    let confidence: Double
    let letters: [Letter]
  }

  private struct Refusal: Decodable {
    let error: String
  }

  private func expectRefusal(
    _ answer: (status: Int, body: String), _ status: Int, _ part: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(answer.status == status, "\(answer)", sourceLocation: sourceLocation)
    let refusal = try JSONDecoder().decode(Refusal.self, from: Data(answer.body.utf8))
    #expect(refusal.error.contains(part), "\(refusal.error)", sourceLocation: sourceLocation)
    #expect(!refusal.error.contains("\n"), sourceLocation: sourceLocation)
  }

  @Test(arguments: [SIGTERM, SIGINT]) func imagesAreReadAsPredictDoes(signal: Int32) throws {
    let server = try ServedRun()
    let health = try server.request("health")
    #expect(health.status == 200 && health.body.contains(#""status":"ok""#), "\(health)")
    let page = try server.request("")
    #expect(page.status == 200 && page.body.contains("<title>Akuru reads</title>"))
    let images = (0..<3).map { "\(server.workshop.validation)/\($0).png" }
    let predicted = try akuru(["predict", "--json", "--checkpoint", server.workshop.path("run")] + images)
    for (image, line) in zip(images, predicted.stdout.split(separator: "\n")) {
      let expected = try JSONDecoder().decode(Answer.self, from: Data(line.utf8))
      let answer = try server.send(image)
      #expect(answer.status == 200, "\(answer)")
      let read = try JSONDecoder().decode(Answer.self, from: Data(answer.body.utf8))
      #expect(read.text == expected.text && read.letters.map(\.letter) == expected.letters.map(\.letter))
      #expect(abs(read.confidence - expected.confidence) < 2e-4)
    }
    let end = try server.end(signal)
    #expect(end.exitCode == 0 && end.stderr == "", "\(end.transcript)")
  }

  @Test func mistakesAreAnswered() throws {
    let server = try ServedRun()
    let workshop = server.workshop
    let image = "\(workshop.validation)/0.png"
    try workshop.spoil("text.jpg", "hello")
    try workshop.spoil("large.png", pngHeader(width: 60_000, height: 60_000))
    try workshop.spoil("long.png", Data(count: 17 << 20))
    try PNG.write(GrayImage(width: 8000, height: 24), to: "\(workshop.train)/wide.png")
    try workshop.cut("\(workshop.train)/0.png")
    try expectRefusal(try server.request("none"), 404, "POST an image to /read")
    try expectRefusal(try server.request("read"), 405, "use POST")
    try expectRefusal(try server.request("health", ["-X", "DELETE"]), 405, "use GET")
    try expectRefusal(try server.request("read", ["-d", ""]), 400, "the body is empty")
    try expectRefusal(try server.request("read", ["-F", "file=@\(image)"]), 415, "not a form")
    let text = try server.send("\(workshop.train)/text.jpg")
    try expectRefusal(text, 415, "not a PNG, JPEG, TIFF or WebP image but text")
    try expectRefusal(try server.send("\(workshop.train)/large.png"), 413, "60000 x 60000")
    try expectRefusal(try server.send("\(workshop.train)/long.png", ["-H", "Expect:"]), 413, "larger than 16 MiB")
    try expectRefusal(try server.send("\(workshop.train)/wide.png"), 422, "8000 pixels wide at height 24")
    try expectRefusal(try server.send("\(workshop.train)/0.png"), 422, "truncated PNG")
    let chunked = try server.send(image, ["-H", "Transfer-Encoding: chunked"])
    #expect(chunked.status == 200, "\(chunked)")
    let head = try server.request("", ["-I"])
    #expect(head.status == 200, "\(head)")
    // A client that breaks off, and one that speaks something else.
    let broken = "exec 3<>/dev/tcp/127.0.0.1/$1; printf 'POST /read HTTP/1.1\\r\\nContent-Length: 999\\r\\n\\r\\nx' >&3"
    let garbage = "exec 3<>/dev/tcp/127.0.0.1/$1; printf '\\377\\376garbage\\r\\n\\r\\n' >&3"
    let port = String(server.address.dropLast().split(separator: ":").last ?? "")
    for text in [broken, garbage] { _ = try run("bash", ["-c", text, "bash", port]) }
    let after = try server.send(image)
    #expect(after.status == 200, "\(after)")
  }

  /// A page with its image comes back as `predict` writes it, in any form.
  @Test func pagesAreReadAsPredictDoes() throws {
    let server = try ServedRun()
    let workshop = server.workshop
    let folder = try workshop.writePages(to: "pages", 1, of: 3) + "/b0"
    let form = ["-F", "page=@\(folder)/p.xml", "-F", "image=@\(folder)/p.png"]
    let predicted = try akuru([
      "predict", "--checkpoint", workshop.path("run"), "\(folder)/p.xml", "--output", workshop.path("out"),
    ])
    #expect(predicted.exitCode == 0, "\(predicted.transcript)")
    let answer = try server.request("page", form)
    let written = try String(contentsOfFile: workshop.path("out/p.xml"), encoding: .utf8)
    // Both say when they were written.
    func timeless(_ page: String) -> String { page.replacing(#/<LastChange>[^<]*</#, with: "<LastChange><") }
    #expect(answer.status == 200 && timeless(answer.body) == timeless(written), "\(answer)")
    let alto = try server.request("page?format=alto", form)
    #expect(alto.status == 200 && alto.body.contains("<alto xmlns="), "\(alto)")
    let json = try server.request("page", form + ["-H", "Accept: application/json"])
    #expect(
      json.status == 200 && json.body.contains(#""line":"l2""#) && json.body.contains(#""file":"<?xml"#), "\(json)")
    #expect(try server.request("health").body.contains(#""network":"#))
    // The JSON has the page in UTF-8, whatever it was in.
    let latin = try String(contentsOfFile: "\(folder)/p.xml", encoding: .utf8)
      .replacing("<Creator/>", with: "<Creator>M\u{FC}ller</Creator>")
    let declared = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n" + latin.replacing(#/<\?xml[^>]*>/#, with: "")
    let bytes = declared.unicodeScalars.map { $0.value < 256 ? UInt8($0.value) : UInt8(ascii: "k") }
    try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/latin.xml"))
    let latinForm = ["-F", "page=@\(folder)/latin.xml", form[2], form[3], "-H", "Accept: application/json"]
    let recoded = try server.request("page", latinForm)
    #expect(recoded.body.contains("M\u{FC}ller") && recoded.body.contains(#"encoding=\"UTF-8\""#), "\(recoded)")

    try expectRefusal(try server.request("page", ["-d", "x"]), 400, "send a form with the page's file and its image")
    try expectRefusal(try server.request("page", Array(form.prefix(2))), 400, "no file \"image\"")
    try expectRefusal(try server.request("page?format=docx", form), 400, "the formats are page, alto, hocr")
    let image = ["-F", "page=@\(folder)/p.png", "-F", "image=@\(folder)/p.png"]
    try expectRefusal(try server.request("page", image), 422, "p.png: line 1: not XML")
    let other = ["-F", "page=@\(folder)/p.xml", "-F", "image=@\(workshop.train)/0.png"]
    try expectRefusal(try server.request("page", other), 422, "and the page says 400 x 180")
  }

  @Test func manyAtOnce() throws {
    let server = try ServedRun()
    let image = "\(server.workshop.validation)/1.png"
    let alone = try server.send(image).body
    let command = """
      seq 24 | xargs -P 12 -I{} curl -sS --max-time 60 --data-binary "@$1" "$2read"
      """
    let result = try run("bash", ["-c", command, "bash", image, server.address])
    let answers = result.stdout.split(separator: "\n")
    #expect(answers.count == 24 && Set(answers) == Set(alone.split(separator: "\n")), "\(result.transcript)")
  }

  @Test func whatCannotBeServed() throws {
    let server = try ServedRun()
    let port = String(server.address.dropLast().split(separator: ":").last ?? "")
    let serve = ["serve", "--checkpoint", server.workshop.path("run")]
    expectFailure(try akuru(serve + ["--port", port]), 4, ["port \(port): Address already in use", "another --host"])
    expectFailure(try akuru(serve + ["--host", "example.invalid"]), 4, ["--host example.invalid: not an address"])
    expectFailure(try akuru(serve + ["--port", "70000"]), 2, ["'70000' is invalid for '--port"])
    expectFailure(try akuru(ranks: 2, serve), 2, ["start it without mpirun"])
    let data = server.workshop.train
    expectFailure(try akuru(["serve", "--checkpoint", data]), 2, ["no checkpoint at \(data)"])
  }

  @Test(.enabled(if: ServedRun.chromium != nil, "Chromium is not installed")) func thePageInABrowser() throws {
    let server = try ServedRun()
    let script = try #require(Bundle.module.path(forResource: "check_page", ofType: "py"))
    let image = "\(server.workshop.validation)/0.png"
    let answer = try JSONDecoder().decode(Answer.self, from: Data(try server.send(image).body.utf8))
    let result = try run(
      "python3",
      [
        script, try #require(ServedRun.chromium), server.address, image, answer.text,
        try server.workshop.writePages(to: "pages", 1, of: 3) + "/b0/p.xml", "3",
      ], timeout: 120)
    #expect(result.exitCode == 0 && result.stdout == "good\n", "\(result.transcript)")
  }
}
