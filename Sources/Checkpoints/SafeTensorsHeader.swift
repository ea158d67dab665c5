import Messages

/// The header of a safetensors file, checked against every rule of the format.
struct SafeTensorsHeader {
  /// In the order of their bytes in the file.
  var entries: [SafeTensors.Entry] = []
  var metadata: [String: String] = [:]
  /// The position of each metadata value's text in the header, quotes excluded.
  var metadataRanges: [String: Range<Int>] = [:]

  /// Why a header is refused.
  struct Fault: Error { let why: String }

  /// Parses the header `bytes` of a file with `payload` bytes after it.
  init(parsing bytes: [UInt8], payload: Int) throws(Fault) {
    guard bytes.first == UInt8(ascii: "{") else { throw Fault(why: "its header does not begin with '{'") }
    var scanner = HeaderScanner(bytes)
    var names: Set<String> = []
    var metadataSeen = false
    try scanner.object { (scanner, key) throws(Fault) in
      if key == "__metadata__" {
        guard !metadataSeen else { throw Fault(why: "__metadata__ appears twice") }
        metadataSeen = true
        try readMetadata(&scanner)
      } else {
        guard names.insert(key).inserted else { throw Fault(why: "tensor \(key.shortened) appears twice") }
        guard names.count <= SafeTensors.maximumTensors else {
          throw Fault(why: "more than \(SafeTensors.maximumTensors) tensors")
        }
        entries.append(try SafeTensorsHeader.readEntry(&scanner, name: key))
      }
    }
    try scanner.end()
    try checkLayout(payload: payload)
  }

  private mutating func readMetadata(_ scanner: inout HeaderScanner) throws(Fault) {
    try scanner.object { (scanner, key) throws(Fault) in
      let (value, range) = try scanner.string()
      guard metadata.updateValue(value, forKey: key) == nil else {
        throw Fault(why: "__metadata__ holds \(key.shortened) twice")
      }
      metadataRanges[key] = range
    }
  }

  private static func readEntry(_ scanner: inout HeaderScanner, name: String) throws(Fault) -> SafeTensors.Entry {
    var dataType: SafeTensors.DataType?
    var shape: [Int]?
    var offsets: [Int]?
    do throws(Fault) {
      try scanner.object { (scanner, key) throws(Fault) in
        switch key {
        case "dtype" where dataType == nil:
          let text = try scanner.string().text
          dataType = SafeTensors.DataType(rawValue: text)
          if dataType == nil { throw Fault(why: "the data type \(text.shortened) is unknown") }
        case "shape" where shape == nil:
          shape = try scanner.integers(atMost: SafeTensors.maximumDimensions)
        case "data_offsets" where offsets == nil:
          offsets = try scanner.integers(atMost: 2)
        default:
          throw Fault(why: "the key \(key.shortened) is unknown or appears twice")
        }
      }
      guard let dataType, let shape, let offsets, offsets.count == 2 else {
        throw Fault(why: "dtype, shape or data_offsets is missing")
      }
      guard offsets[0] <= offsets[1] else { throw Fault(why: "its end lies before its begin") }
      guard let size = byteCount(dataType, shape) else { throw Fault(why: "its shape is too large") }
      guard size == offsets[1] - offsets[0] else {
        throw Fault(
          why: "\(dataType.rawValue) of shape \(shape) takes \(size) bytes, but it has \(offsets[1] - offsets[0])")
      }
      return SafeTensors.Entry(name: name, dataType: dataType, shape: shape, bytes: offsets[0]..<offsets[1])
    } catch {
      throw Fault(why: "tensor \(name.shortened): \(error.why)")
    }
  }

  /// The size of a tensor in bytes; nil if it does not fit an Int.
  private static func byteCount(_ dataType: SafeTensors.DataType, _ shape: [Int]) -> Int? {
    var size = dataType.size
    for extent in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard !overflow else { return nil }
      size = product
    }
    return size
  }

  /// Sorts the tensors by offset and checks that they fill the payload without overlaps or gaps.
  private mutating func checkLayout(payload: Int) throws(Fault) {
    entries.sort { ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound) }
    var end = 0
    for entry in entries {
      guard entry.bytes.upperBound <= payload else {
        throw Fault(
          why:
            "tensor \(entry.name.shortened) ends at byte \(entry.bytes.upperBound) of the payload, but there are \(payload)"
        )
      }
      guard entry.bytes.lowerBound == end else {
        let what = entry.bytes.lowerBound < end ? "overlaps the tensor before it" : "has a hole before it"
        throw Fault(why: "tensor \(entry.name.shortened) \(what)")
      }
      end = entry.bytes.upperBound
    }
    guard end == payload else { throw Fault(why: "\(payload - end) bytes after the last tensor belong to no tensor") }
  }

  /// The header of F32 tensors in the given order, with sorted metadata, padded with spaces to a multiple of 8 bytes.
  static func text(tensors: [NamedTensor], metadata: [String: String]) throws(Fault) -> [UInt8] {
    var text = "{"
    text.reserveCapacity(
      128 * tensors.count + metadata.reduce(64) { $0 + 2 * ($1.key.utf8.count + $1.value.utf8.count) })
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      text += "\"__metadata__\":{"
      for (i, pair) in pairs.enumerated() { text += "\(i > 0 ? "," : "")\(quoted(pair.key)):\(quoted(pair.value))" }
      text += "}"
    }
    var offset = 0
    var names: Set<String> = ["__metadata__"]
    for tensor in tensors {
      guard names.insert(tensor.name).inserted else { throw Fault(why: "tensor \(tensor.name) appears twice") }
      guard tensor.shape.allSatisfy({ $0 >= 0 }), byteCount(.f32, tensor.shape) == 4 * tensor.values.count else {
        throw Fault(why: "tensor \(tensor.name) of shape \(tensor.shape) has \(tensor.values.count) values")
      }
      let end = offset + 4 * tensor.values.count
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      if text.utf8.count > 1 { text += "," }
      text += "\(quoted(tensor.name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}"
      offset = end
    }
    text += "}"
    text += String(repeating: " ", count: (8 - text.utf8.count % 8) % 8)
    guard text.utf8.count <= SafeTensors.maximumHeaderLength else { throw Fault(why: "the header would be too long") }
    return Array(text.utf8)
  }

  /// A JSON string: quotes, backslashes and control characters escaped, everything else as it is.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    result.reserveCapacity(2 * text.utf8.count + 2)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{0}"..."\u{1F}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
