import Images

/// What a line takes from the elements around it.
struct LineSurroundings {
  /// From the innermost region to the outermost.
  var types: [String] = []
  /// The number of the innermost region, from 1 in the order of the file; 0 outside of all.
  var region = 0
  var direction: PageDocument.Direction?
  /// Degrees, as in `LineOutline`.
  var rotation = 0.0
  /// What is wrong with the rotation.
  var fault: String?

  /// Whether lines go from one side of the page to the other, as far as is known.
  var isHorizontal: Bool { rotation == 0 && direction != .topToBottom && direction != .bottomToTop }

  /// Puts types before those that are there; of equal ones, the first stays.
  mutating func add(_ inner: [String], _ reader: XMLReader) throws(DataSetError) {
    var all: [String] = []
    for type in inner + types where !type.isEmpty && !all.contains(where: { sameScalars($0, type) }) {
      guard all.count < PageLimits.types else {
        throw reader.tooLarge("the number of types of a line", limit: "\(PageLimits.types)")
      }
      all.append(type)
    }
    types = all
  }

  /// Takes a sum of attributes in degrees, if one of them is there, instead of what is around it.
  mutating func turn(_ reader: XMLReader, _ names: String...) {
    var sum: Double?
    for name in names {
      guard let text = reader.attribute(name) else { continue }
      do throws(LineFault) {
        sum = (sum ?? 0) + (try PageNumbers.number(text, "\(name) of its region"))
      } catch {
        fault = fault ?? error.reason
      }
    }
    if let sum { rotation = sum.remainder(dividingBy: 360) }
  }
}

/// A line while its element is read. The first thing that is wrong with it is kept.
struct PageLine {
  var id: String?
  let place: Int
  let surroundings: LineSurroundings
  private(set) var text: String?
  var outline = LineOutline()
  private(set) var fault: String?

  init(_ reader: XMLReader, idName: String, _ surroundings: LineSurroundings) {
    id = reader.attribute(idName)
    place = reader.line
    self.surroundings = surroundings
    fault = surroundings.fault
    outline.rotation = surroundings.rotation
  }

  mutating func fail(_ reason: String) { fault = fault ?? reason }

  /// Does what a fault can end; the line keeps the fault.
  mutating func attempt(_ body: (inout PageLine) throws(LineFault) -> Void) {
    do throws(LineFault) { try body(&self) } catch { fail(error.reason) }
  }

  mutating func setText(_ text: String?) {
    self.text = text
    if let text, text.unicodeScalars.count > DataSetLimits.textScalars {
      self.text = nil
      fail("its text has more than 10,000 scalars; divide the line")
    }
  }

  /// The line as others see it, `number` from 1. Too few points are none.
  func finished(_ number: Int) -> PageDocument.Line {
    var line = PageDocument.Line(
      id: id.flatMap { $0.isEmpty ? nil : $0 } ?? "line \(number)", place: place, types: surroundings.types,
      region: surroundings.region, direction: surroundings.direction, text: text, outline: outline, fault: fault)
    if outline.baseline.count < 2 { line.outline.baseline = [] }
    if outline.polygon.count < 3 { line.outline.polygon = [] }
    if line.fault != nil { line.outline = LineOutline() }
    return line
  }
}

/// The lines of a page, with a name each.
struct PageLines {
  private(set) var lines: [PageDocument.Line] = []
  private var uses: [String: Int] = [:]

  mutating func add(_ line: PageLine, _ reader: XMLReader) throws(DataSetError) {
    guard lines.count < PageLimits.lines else {
      throw reader.tooLarge("the number of lines of the page", limit: "100,000")
    }
    var finished = line.finished(lines.count + 1)
    let id = finished.id
    while let use = uses[finished.id] {
      let next = max(use, uses[id] ?? 0) + 1
      uses[id] = next
      finished.id = "\(id) (\(next))"
    }
    uses[finished.id] = 1
    lines.append(finished)
  }

  mutating func setText(_ text: String, of line: Int) { lines[line].text = text }
}

extension StringProtocol {
  /// The text without white space at its start and its end.
  var withoutOuterSpace: String {
    let start = drop { $0.isWhitespace }
    return String(start.prefix(start.count - start.reversed().prefix { $0.isWhitespace }.count))
  }
}
