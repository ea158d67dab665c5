import Datasets
import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// Damaged pages: what can be read can be written, and is read back. The fuzzer of pages does the same for longer.
@Suite struct PageWritingMutationTests {
  private static let seeds = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Fuzz/Seeds/pages").standardizedFileURL

  private static let pieces = [
    "<TextLine>", "</TextLine>", "<TextLine id=\"a\"/>", "<Word/>", "<TextEquiv>", "&amp;", "<!-- -->", "<![CDATA[x]]>",
    "<String/>", "<SP/>", "TextRegion", "\"", ">", " id=\"w\"", " ID=\"w\"", "<x:y xmlns:x=\"u\">", "<TextEquiv/>",
    "\u{1}",
  ]

  private func mutated(_ bytes: [UInt8], _ random: inout KeyedRandom) -> [UInt8] {
    var bytes = bytes
    for _ in 0...random.integer(below: 3) {
      let place = random.integer(below: bytes.count)
      let end = min(bytes.count, place + random.integer(below: 40))
      switch random.integer(below: 4) {
      case 0: bytes.removeSubrange(place..<end)
      case 1: bytes.insert(contentsOf: bytes[place..<end], at: random.integer(below: bytes.count))
      case 2: bytes[place] = UInt8(random.integer(below: 256))
      default:
        let piece = Self.pieces[random.integer(below: Self.pieces.count)]
        bytes.insert(contentsOf: Array(piece.utf8), at: place)
      }
      if bytes.isEmpty { return [0] }
    }
    return bytes
  }

  @Test func whatIsReadIsWrittenAndReadBack() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.seeds.path).sorted()
    #expect(names.count >= 8)
    var written = 0
    for (number, name) in names.enumerated() {
      let seed = try bytes(of: Self.seeds.appendingPathComponent(name).path)
      for sample in 0..<150 {
        var random = KeyedRandom(seed: UInt64(number), purpose: .test, sample: UInt32(sample))
        let bytes = sample == 0 ? seed : mutated(seed, &random)
        guard let page = try? PageDocument.read(bytes, path: "page.xml") else { continue }
        written += try writeAndRead(page, bytes) ? 1 : 0
      }
    }
    #expect(written > 20, "\(written)")
  }

  /// Whether there was a line.
  private func writeAndRead(_ page: PageDocument, _ bytes: [UInt8]) throws -> Bool {
    let box = [PagePoint(1, 2), PagePoint(30, 2), PagePoint(30, 9)]
    let words = ["a<", "\"\u{5D0}"].map { LineTranscript.Part(text: $0, confidence: 0.5, polygon: box) }
    let lines = page.lines.indices.map { place in
      place % 5 == 4 ? nil : LineTranscript(text: "a< \"\u{5D0}", confidence: 0.25, words: words)
    }
    let transcript = PageTranscript(name: "page.xml", page, source: bytes, lines: lines)
    for format in PageFormat.allCases {
      let file = try transcript.written(as: format, time: "2026-01-31T12:00:00")
      guard format == .page || format == .alto else { continue }
      let again = try PageDocument.read(file, path: "written.xml")
      let places = page.lines.indices.filter {
        format == PageFormat(page.schema) || !page.lines[$0].outline.corners.isEmpty
      }
      #expect(again.lines.count == places.count, "\(String(decoding: file, as: UTF8.self))")
      for (line, place) in zip(again.lines, places) where lines[place] != nil {
        #expect(line.text == lines[place]?.text, "\(String(decoding: file, as: UTF8.self))")
      }
    }
    return !page.lines.isEmpty
  }
}
