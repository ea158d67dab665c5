@testable import Datasets
import Foundation
import FuzzSupport

private let scratch = Scratch()

/// A folder of pairs: the first line is the image's name, the rest the text beside it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  let end = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
  // What no name in a folder can hold.
  let name = bytes[..<end].filter { $0 != 0 && $0 != UInt8(ascii: "/") }.prefix(200)
  let stem = String(decoding: name, as: UTF8.self)
  guard name.count > 0, stem.utf8.elementsEqual(name) else { return 0 }
  let text = UnsafeRawBufferPointer(rebasing: bytes[min(end + 1, bytes.endIndex)...])
  let files = [
    scratch.write(UnsafeRawBufferPointer(start: nil, count: 0), to: "\(stem).png"),
    scratch.write(text, to: "\(stem).gt.txt"),
  ]
  defer { for file in files { unlink(file) } }
  do {
    let records = try DataSet.load(scratch.path).records
    require(records.count == 1 && records[0].path.utf8.elementsEqual("\(stem).png".utf8), "\(records.count) records")
  } catch {
    requireOneLine(error)
  }
  return 0
}
