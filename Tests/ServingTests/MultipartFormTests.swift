import Serving
import Tensors
import Testing

/// Forms as browsers and curl send them, and bodies that are none.
@Suite struct MultipartFormTests {
  private let type = "multipart/form-data; boundary=----x7"

  private func body(_ lines: [String]) -> [UInt8] { Array(lines.joined(separator: "\r\n").utf8) }

  @Test func fieldsAndFiles() throws {
    let form = try #require(
      MultipartForm(
        body([
          "preamble", "------x7", "Content-Disposition: form-data; name=\"page\"; filename=\"p; q.xml\"",
          "Content-Type: text/xml", "", "<a>", "</a>", "------x7", "content-disposition: form-data; name=format", "",
          "alto",
          "------x7--", "rest",
        ]), contentType: type))
    #expect(form.fields.map(\.name) == ["page", "format"])
    #expect(form["page"]?.fileName == "p; q.xml" && form["page"]?.bytes == Array("<a>\r\n</a>".utf8))
    #expect(form["format"]?.fileName == nil && form["format"]?.bytes == Array("alto".utf8) && form["image"] == nil)
    let quoted = MultipartForm(
      body(["--a b", "Content-Disposition: form-data; name=\"x\"", "", "", "--a b--"]),
      contentType: "Multipart/Form-Data; charset=utf-8; boundary=\"a b\"")
    #expect(quoted?["x"]?.bytes == [])
  }

  @Test func noForms() {
    let good = body(["------x7", "Content-Disposition: form-data; name=\"a\"", "", "1", "------x7--"])
    #expect(MultipartForm(good, contentType: type)?.fields.count == 1)
    for other in [
      "text/plain", "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=----x7",
    ] {
      #expect(MultipartForm(good, contentType: other) == nil)
    }
    #expect(MultipartForm([], contentType: type) == nil && MultipartForm([13, 10], contentType: type) == nil)
    #expect(MultipartForm(body(["------x7", "no headers", "------x7--"]), contentType: type) == nil)
    #expect(MultipartForm(Array(good.dropLast(8)), contentType: type) == nil, "its end is missing")
    let many = (0..<17).flatMap { ["------x7", "Content-Disposition: form-data; name=\"\($0)\"", "", ""] }
    #expect(MultipartForm(body(many + ["------x7--"]), contentType: type) == nil)
  }

  /// Every start of a form, and forms with other bytes, are a form or none, and nothing else happens.
  @Test func damagedForms() {
    let good = body([
      "------x7", "Content-Disposition: form-data; name=\"a\"; filename=\"b\"", "", "1", "------x7",
      "Content-Disposition: form-data; name=\"c\"", "", "2", "------x7--", "",
    ])
    for count in 0..<good.count { _ = MultipartForm(Array(good.prefix(count)), contentType: type) }
    for sample in 0..<2000 as Range<UInt32> {
      var random = KeyedRandom(seed: 5, purpose: .test, sample: sample)
      var bytes = good
      for _ in 0...random.integer(below: 4) {
        bytes[random.integer(below: bytes.count)] = [13, 10, 45, 34, 59, 61, 120, 255][random.integer(below: 8)]
      }
      if let form = MultipartForm(bytes, contentType: type) { #expect(form.fields.count <= 3) }
    }
  }
}
