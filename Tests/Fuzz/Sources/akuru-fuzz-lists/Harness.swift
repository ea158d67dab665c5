@testable import Datasets
import FuzzSupport

private let folder = DataSetFolder()
private let names = ["label.txt", "labels.json", "labels.csv", "metadata.tsv", "list"]

/// A list of another program. The first byte chooses its name, the second says whether columns are given.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard count >= 2, let start else { return 0 }
  let name = names[Int(start[0]) % names.count]
  var options = ReadingOptions()
  if start[1] == UInt8(ascii: "c") { options.columns = try? ColumnNames(option: "image=a,text=b") }
  folder.write(UnsafeRawBufferPointer(start: start + 2, count: count - 2), to: name)
  do {
    let dataSet = try DataSet.load(joinPath(folder.path, name), options)
    require(!dataSet.records.isEmpty && dataSet.records.count <= count, "\(dataSet.records.count) records")
    for record in dataSet.records {
      folder.requireInside(record.absolutePath)
      for direction in TextDirection.allCases { _ = direction.loss(of: record.text) }
    }
  } catch {
    requireOneLine(error)
  }
  return 0
}
