@testable import Datasets
import FuzzSupport

private let folder = DataSetFolder()

/// `shards.json` of a folder of shards; any file there may be called one.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  folder.write(UnsafeRawBufferPointer(start: start, count: count), to: "shards.json")
  do {
    let dataSet = try DataSet.load(folder.path)
    require(!dataSet.records.isEmpty && dataSet.records.count <= count, "\(dataSet.records.count) records")
    for record in dataSet.records {
      folder.requireInside(record.absolutePath)
      do {
        let image = try RecordImages().file(of: record)
        require(image.count == record.size, "\(image.count) bytes instead of \(record.size)")
      } catch {
        requireOneLine(error)
      }
    }
  } catch {
    requireOneLine(error)
  }
  return 0
}
