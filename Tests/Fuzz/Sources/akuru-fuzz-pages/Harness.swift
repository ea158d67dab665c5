@testable import Datasets
import FuzzSupport
import Images

/// PAGE-XML and ALTO: a page whose numbers are within bounds, which is written with other texts and read back; or one clean line.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  do {
    let page = try PageDocument.read(bytes, path: "page.xml")
    let schema = PageDocument.schema(of: bytes)
    require(schema == page.schema, "\(page.schema), by its start \(String(describing: schema))")
    require(Set(page.lines.map(\.id)).count == page.lines.count, "two lines have one name")
    if let (width, height) = page.size { require(min(width, height) > 0, "\(width) x \(height)") }
    for line in page.lines { check(line, count) }
    for line in page.lines.prefix(20) { cut(line.outline) }
    if page.lines.count <= 100 { write(page, bytes) }
  } catch {
    requireOneLine(error)
  }
  return 0
}

/// Writes the page with a text in each line, in every form. In its own, and in the other schema, the texts are read back.
private func write(_ page: PageDocument, _ bytes: [UInt8]) {
  let box = [PagePoint(1, 2), PagePoint(30, 2), PagePoint(30, 9)]
  let lines = page.lines.indices.map { place in
    let words = ["a<", "\"\u{5D0}"].map { LineTranscript.Part(text: $0, confidence: 0.5, polygon: box) }
    return place % 5 == 4 ? nil : LineTranscript(text: "a< \"\u{5D0}", confidence: 0.25, words: words)
  }
  let transcript = PageTranscript(name: "page.xml", page, source: bytes, lines: lines)
  for format in PageFormat.allCases + [nil] {
    do {
      let written = try transcript.written(as: format, time: "2026-01-31T12:00:00")
      guard format == nil || format == .page || format == .alto else { continue }
      let again = try PageDocument.read(written, path: "written.xml")
      let expected =
        format == nil || format == PageFormat(page.schema)
        ? lines
        : lines.enumerated().compactMap { place, line in
          page.lines[place].outline.corners.isEmpty ? nil : .some(line)
        }
      require(again.lines.count == expected.count, "\(again.lines.count) of \(expected.count) lines are there again")
      for (line, transcript) in zip(again.lines, expected) {
        guard let transcript else { continue }
        require(line.text == transcript.text, "\(line.text ?? "no text") was \(transcript.text)")
      }
    } catch {
      require(false, "what was read cannot be written, or read back: \(error)")
    }
  }
}
private let cutter = LineCutter(
  GrayImage(width: 640, height: 480, filledWith: 200), limits: ImageLimits(width: 4096, height: 2048, pixels: 1 << 20))

/// Cuts a line out of a page: of the size that is said before, or refused in one line.
private func cut(_ outline: LineOutline) {
  do {
    let image = try cutter.cut(outline)
    let size = try outline.size(onPageWidth: 640, height: 480, limits: cutter.limits)
    require(size == (image.width, image.height), "\(size) is \(image.width) x \(image.height)")
  } catch {
    requireOneLine(error)
  }
}

private func check(_ line: PageDocument.Line, _ count: Int) {
  let outline = line.outline
  let corners = outline.box.map { [$0.from, $0.to] } ?? []
  for point in outline.baseline + outline.polygon + corners {
    require(abs(point.x) <= 2_000_000 && abs(point.y) <= 2_000_000, "\(point)")
  }
  if let box = outline.box { require(box.from.x <= box.to.x && box.from.y <= box.to.y, "\(box)") }
  require(abs(outline.rotation) <= 180, "turned by \(outline.rotation)")
  require(outline.baseline.count != 1 && ![1, 2].contains(outline.polygon.count), "too few points")
  let isEmpty = outline.baseline.isEmpty && outline.polygon.isEmpty && outline.box == nil
  require(isEmpty || line.fault == nil, "\(line.fault ?? "no fault") and \(outline)")
  require(line.place > 0 && line.place <= count + 1 && !line.id.isEmpty, "line \(line.place)")
  if let fault = line.fault { requireOneLine(DataSetError.invalid(reason: fault)) }
}
