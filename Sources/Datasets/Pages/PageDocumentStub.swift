import Images

struct PageDocument {
  struct Line { var id: String; var types: [String]; var text: String?; var outline: LineOutline; var fault: String? }
  var imageName: String?
  var lines: [Line]
  static let largestFile = 64 << 20
  static func read(_ bytes: [UInt8], path: String) throws(DataSetError) -> PageDocument { throw .noRecords(path: path) }
  static func schema(of start: [UInt8]) -> Bool? { nil }
}
struct LineCutter {
  static let version = 1; init(_ page: GrayImage) {};
  func cut(_ outline: LineOutline) throws(ImageError) -> GrayImage { throw ImageError(.empty) }
}
