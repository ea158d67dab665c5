import Datasets
import Foundation
import Images
import Messages
import Tensors
import TestSupport
import Testing

extension TemporaryDirectory {
  func url(_ name: String) -> URL { URL(fileURLWithPath: file(name)) }

  @discardableResult
  func add(_ name: String, _ text: String) throws -> TemporaryDirectory { try add(name, Array(text.utf8)) }

  @discardableResult
  func add(_ name: String, _ bytes: [UInt8]) throws -> TemporaryDirectory {
    try write(bytes, name)
    return self
  }

  @discardableResult
  func add(_ name: String, _ image: GrayImage) throws -> TemporaryDirectory { try add(name, try PNG.encode(image)) }
}

/// Four pixels a step, as the default model.
func geometry(height: Int = 20, maximumWidth: Int = 4096) -> InputGeometry {
  InputGeometry(height: height, maximumWidth: maximumWidth) { $0 / 2 / 2 }
}

/// Paper with strokes that depend on `seed`, with a margin all around.
func picture(width: Int, height: Int, seed: UInt64 = 1) -> GrayImage {
  var random = KeyedRandom(seed: seed, purpose: .test)
  var image = GrayImage(width: width, height: height)
  let (marginX, marginY) = (width > 8 ? 2 : 0, height > 8 ? 2 : 0)
  for x in marginX..<width - marginX {
    let isStroke = x == marginX || x == width - marginX - 1 || random.chance(0.4)
    for y in marginY..<height - marginY where isStroke { image[x, y] = UInt8(random.integer(below: 60)) }
  }
  return image
}

func scalars(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }

/// The error that `body` throws, if it is a `DataSetError`.
func dataSetError(_ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) -> DataSetError? {
  do {
    try body()
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
  } catch let error as DataSetError {
    return error
  } catch {
    Issue.record("\(error)", sourceLocation: sourceLocation)
  }
  return nil
}

/// Checks that loading fails with one line that holds all `parts`.
func expectLoadError(
  _ argument: String, _ parts: [String], sourceLocation: SourceLocation = #_sourceLocation
) {
  guard let error = dataSetError({ _ = try DataSet.load(argument) }, sourceLocation: sourceLocation) else { return }
  for part in parts {
    #expect(error.description.contains(part), "\(error) lacks \(part)", sourceLocation: sourceLocation)
  }
  #expect(!error.description.utf8.contains(10), "more than one line: \(error)", sourceLocation: sourceLocation)
}

/// Checks that loading gives bad records, and that the fault of one holds all `parts`, in one line.
func expectBadRecord(
  _ argument: String, _ parts: [String], _ options: ReadingOptions = ReadingOptions(),
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let faults = try DataSet.load(argument, options).records.filter { $0.fault != nil }
    .map { "\($0.path): \($0.fault ?? "")".onOneLine }
  #expect(
    faults.contains { fault in parts.allSatisfy { fault.contains($0) } && !fault.utf8.contains(10) },
    "\(faults) lack \(parts)",
    sourceLocation: sourceLocation)
}

/// Checks that a list of this name gives one bad record whose fault names the list and holds all `parts`.
func expectBadRecord(
  of list: String, _ contents: String, _ parts: [String], sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let folder = try TemporaryDirectory()
  try expectBadRecord(folder.add(list, contents).path, [list] + parts, sourceLocation: sourceLocation)
}

/// Checks that loading a list of this name fails with one line that names it and holds all `parts`.
func expectLoadError(
  of list: String, _ contents: String, _ parts: [String], sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let folder = try TemporaryDirectory()
  expectLoadError(try folder.add(list, contents).path, [list] + parts, sourceLocation: sourceLocation)
}
