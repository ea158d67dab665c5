@testable import Datasets
import FuzzSupport

private let folder = DataSetFolder()

/// `metadata.jsonl` of a data set.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  folder.write(UnsafeRawBufferPointer(start: start, count: count), to: "metadata.jsonl")
  do {
    let dataSet = try DataSet.load(folder.path)
    require(!dataSet.records.isEmpty && dataSet.records.count <= count, "\(dataSet.records.count) records")
    for record in dataSet.records { folder.requireInside(record.absolutePath) }
  } catch {
    requireOneLine(error)
  }
  return 0
}
