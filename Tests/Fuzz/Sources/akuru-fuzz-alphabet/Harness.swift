@testable import Datasets
import Foundation
import FuzzSupport

private let scratch = Scratch()

/// An alphabet file: `alphabet.json` of a run directory, and plain text.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  for name in ["alphabet.json", "alphabet.txt"] {
    let path = scratch.write(UnsafeRawBufferPointer(start: start, count: count), to: name)
    do {
      let alphabet = try Alphabet(fileURL: URL(fileURLWithPath: path))
      let labels = (1..<Int32(alphabet.classCount)).map { $0 }
      require(try alphabet.encode(alphabet.decode(labels)) == labels, "letters that are not themselves")
      let again = try JSONDecoder().decode(Alphabet.self, from: JSONEncoder().encode(alphabet))
      require(again == alphabet, "an alphabet that was encoded and decoded differs")
    } catch {
      requireOneLine(error)
    }
  }
  return 0
}
