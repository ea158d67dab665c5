@testable import Datasets
import Foundation
import FuzzSupport
@testable import Hashing

private let scratch = Scratch()

/// The audit of a data set with one record, whose image is no image, and the line of its file that tells what was audited.
private let (memory, key): (RememberedAudit, Substring) = {
  try! FileManager.default.createDirectory(atPath: scratch.file("data"), withIntermediateDirectories: true)
  for (name, text) in [("a.png", "x"), ("metadata.csv", "file_name,text\na.png,a\n")] {
    Array(text.utf8).withUnsafeBytes { _ = scratch.write($0, to: "data/\(name)") }
  }
  Thread.sleep(forTimeInterval: 1.5)  // What has just changed is not remembered.
  let audit = try! Audit(DataSet.load(scratch.file("data")), geometry: InputGeometry(height: 20) { $0 / 4 })
  let memory = try! RememberedAudit(of: audit, in: scratch.path)
  try! memory.write([])
  let text = try! String(contentsOfFile: memory.path, encoding: .utf8)
  return (memory, text.prefix { $0 != "\n" })
}()

/// A remembered audit with the right digests, and any contents.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let payload = Array(UnsafeBufferPointer(start: start, count: count))
  let file = Array("\(key)\n\(hexadecimal(SHA256.hash(payload)))\n".utf8) + payload
  file.withUnsafeBytes { _ = scratch.write($0, to: (memory.path as NSString).lastPathComponent) }
  guard let read = memory.read() else { return 0 }
  require(RememberedAudit.slices(read) != nil, "what was read is no audit")
  return 0
}
