@testable import Datasets
import FuzzSupport
import Images

/// PAGE-XML and ALTO: a page whose numbers are within bounds, or one clean line.
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
  } catch {
    requireOneLine(error)
  }
  return 0
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
  require(isEmpty == (line.fault != nil), "\(line.fault ?? "no fault") and \(outline)")
  require(line.place > 0 && line.place <= count + 1 && !line.id.isEmpty, "line \(line.place)")
  if let fault = line.fault { requireOneLine(DataSetError.invalid(reason: fault)) }
}
