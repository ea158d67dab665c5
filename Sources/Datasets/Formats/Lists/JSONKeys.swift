/// Finds keys that a JSON decoder does not tell apart.
enum JSONKeys {
  /// The keys that the outermost object of valid JSON has more than once, by their bytes. Keys with escapes count as they are written.
  static func twice(in json: ArraySlice<UInt8>) -> Set<[UInt8]> {
    var (depth, position) = (0, json.startIndex)
    var (once, twice): (Set<[UInt8]>, Set<[UInt8]>) = ([], [])
    while position < json.endIndex {
      switch json[position] {
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: "\""):
        let start = position + 1
        position = start
        while position < json.endIndex, json[position] != UInt8(ascii: "\"") {
          position += json[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        let key = json[start..<min(position, json.endIndex)]
        let next = json[min(position + 1, json.endIndex)...].first { $0 != 0x20 && !(0x09...0x0D).contains($0) }
        if depth == 1, next == UInt8(ascii: ":"), !once.insert(Array(key)).inserted { twice.insert(Array(key)) }
      default: break
      }
      position += 1
    }
    return twice
  }
}
