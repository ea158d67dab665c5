import Images
import Messages

/// Pages as text, JSON Lines and hOCR. Lines that were not read are not in them.
extension PageTranscript {
  private var readLines: [(line: PageDocument.Line, transcript: LineTranscript)] {
    zip(document.lines, lines).compactMap { line, transcript in transcript.map { (line, $0) } }
  }

  /// The text of each line, and a line feed after each.
  var text: String {
    readLines.map { $0.transcript.text.replacing(.newlines, with: " ") + "\n" }.joined()
  }

  /// An object for each line.
  var jsonLines: String {
    readLines.compactMap { line, transcript in
      try? RunJSON.line(TranscriptJSON(page: name, line: line.id, transcript)) + "\n"
    }.joined()
  }

  /// http://kba.cloud/hocr-spec/1.2/
  var hocr: String {
    let (width, height) = document.size ?? (0, 0)
    let image = (document.imageName ?? "").replacing(.quotes, with: nil).markup
    var text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE html>
      <html xmlns="http://www.w3.org/1999/xhtml">
        <head>
          <meta charset="UTF-8"/>
          <title>\(name.markup)</title>
          <meta name="ocr-system" content="akuru \(akuruVersion.markup)"/>
          <meta name="ocr-capabilities" content="ocr_page ocr_carea ocr_line ocrx_word ocrp_wconf"/>
        </head>
        <body>
          <div class="ocr_page" id="page_1" title="image &quot;\(image)&quot;; bbox 0 0 \(width) \(height)">

      """
    var region: Int?
    for (number, (line, transcript)) in readLines.enumerated() {
      if region != line.region {
        text +=
          (region == nil ? "" : "      </div>\n") + "      <div class=\"ocr_carea\" id=\"block_1_\(number + 1)\">\n"
        region = line.region
      }
      text += hocr(line, transcript, number + 1)
    }
    return text + (region == nil ? "" : "      </div>\n") + "    </div>\n  </body>\n</html>\n"
  }

  private func hocr(_ line: PageDocument.Line, _ transcript: LineTranscript, _ number: Int) -> String {
    let direction = transcript.text.isEmpty ? "" : " dir=\"\(line.direction == .rightToLeft ? "rtl" : "auto")\""
    let words = transcript.words.enumerated().map { place, word in
      "<span class=\"ocrx_word\" id=\"word_1_\(number)_\(place + 1)\" title=\"\(bounds(word.polygon)); "
        + "x_wconf \(Int((100 * word.confidence).rounded()))\">\(word.text.markup)</span>"
    }
    return """
              <span class="ocr_line" id="line_1_\(number)" title="\(bounds(line.outline.corners))"\(direction)>\
      \(words.joined(separator: " "))</span>

      """
  }

  private func bounds(_ points: [PagePoint]) -> String {
    let box = PageBox(points, document.size)
    return "bbox \(box.left) \(box.top) \(box.right) \(box.bottom)"
  }
}

/// What is read in a line, for programs. Points are [x, y] in pixels of the page.
package struct TranscriptJSON: Encodable, Sendable {
  package struct Part: Encodable, Sendable {
    let text: String
    let confidence: Double
    let points: [[Double]]

    init(_ part: LineTranscript.Part) {
      (text, confidence) = (part.text, part.confidence)
      points = part.polygon.map { [($0.x * 10).rounded() / 10, ($0.y * 10).rounded() / 10] }
    }
  }

  let page: String
  let line: String
  let text: String
  let confidence: Double
  let words: [Part]
  let letters: [Part]

  package init(page: String, line: String, _ transcript: LineTranscript) {
    (self.page, self.line) = (page, line)
    (text, confidence) = (transcript.text, transcript.confidence)
    (words, letters) = (transcript.words.map(Part.init), transcript.letters.map(Part.init))
  }
}

extension String {
  fileprivate enum Part { case newlines, quotes }

  fileprivate func replacing(_ part: Part, with other: Unicode.Scalar?) -> String {
    let isGone: (Unicode.Scalar) -> Bool =
      part == .quotes ? { $0 == "\"" } : { ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains($0) }
    var result = UnicodeScalarView()
    for scalar in unicodeScalars {
      if !isGone(scalar) { result.append(scalar) } else if let other { result.append(other) }
    }
    return String(result)
  }
}
