import Checkpoints
import Messages
import TestSupport
import Testing

/// A file with the given header text, declared header length (nil: the true one) and zeros as payload.
private func file(_ header: String, payload: Int, length: UInt64? = nil) -> [UInt8] {
  let length = length ?? UInt64(header.utf8.count)
  return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8)
    + [UInt8](repeating: 0, count: payload)
}

private func tensor(_ name: String, _ shape: String, _ offsets: String) -> String {
  tensor(name, "F32", shape, offsets)
}

private func tensor(_ name: String, _ type: String, _ shape: String, _ offsets: String) -> String {
  #""\#(name)":{"dtype":"\#(type)","shape":[\#(shape)],"data_offsets":[\#(offsets)]}"#
}

@Suite struct HostileHeaderTests {
  let folder = try! TemporaryDirectory()

  /// Header, payload bytes, and a part of the message that must name the fault.
  static let hostile: [(String, Int, String)] = [
    ("{" + tensor("a", "2", "0,8") + "," + tensor("b", "2", "4,12") + "}", 12, "tensor b overlaps"),
    ("{" + tensor("a", "2", "0,8") + "," + tensor("b", "2", "0,8") + "}", 8, "overlaps"),
    ("{" + tensor("a", "1", "0,4") + "," + tensor("b", "1", "8,12") + "}", 12, "tensor b has a hole"),
    ("{" + tensor("a", "1", "4,8") + "}", 8, "tensor a has a hole"),
    ("{" + tensor("a", "1", "0,4") + "}", 8, "4 bytes after the last tensor"),
    ("{" + tensor("a", "3", "0,12") + "}", 8, "tensor a ends at byte 12"),
    ("{" + tensor("a", "0", "5,5") + "," + tensor("b", "2", "0,8") + "}", 8, "tensor a overlaps"),
    ("{}", 1, "1 bytes after"),
    ("{" + tensor("a", "1", "4,0") + "}", 4, "tensor a: its end lies before"),
    ("{" + tensor("a", "-1", "0,4") + "}", 4, "tensor a: a number is not a whole"),
    ("{" + tensor("a", "1", "-4,0") + "}", 4, "not a whole number"),
    ("{" + tensor("a", "1.0", "0,4") + "}", 4, "tensor a:"),
    ("{" + tensor("a", "1e0", "0,4") + "}", 4, "tensor a:"),
    ("{" + tensor("a", "01", "0,4") + "}", 4, "not a whole number"),
    ("{" + tensor("a", "9223372036854775808", "0,4") + "}", 4, "too large"),
    ("{" + tensor("a", "99999999999999999999999", "0,4") + "}", 4, "too large"),
    ("{" + tensor("a", "4294967296,4294967296", "0,0") + "}", 0, "shape is too large"),
    ("{" + tensor("a", "4611686018427387904,4", "0,0") + "}", 0, "shape is too large"),
    ("{" + tensor("a", "F64", "1", "0,4") + "}", 4, "takes 8 bytes, but it has 4"),
    ("{" + tensor("a", "2", "0,4") + "}", 4, "takes 8 bytes, but it has 4"),
    ("{" + tensor("a", "F33", "1", "0,4") + "}", 4, "data type F33 is unknown"),
    ("{" + tensor("a", "1", "0,4,4") + "}", 4, "more than 2 numbers"),
    ("{" + tensor("a", "1", "0") + "}", 4, "data_offsets is missing"),
    ("{" + tensor("a", Array(repeating: "1", count: 65).joined(separator: ","), "0,4") + "}", 4, "more than 64"),
    ("{" + tensor("a", "1", "0,4") + "," + tensor("a", "1", "4,8") + "}", 8, "tensor a appears twice"),
    (#"{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4, "dtype is unknown or appears twice"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}"#, 4, "the key x is unknown"),
    (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "tensor a: dtype, shape or data_offsets is missing"),
    (#"{"a":[]}"#, 0, "not the expected JSON"),
    (#"{"__metadata__":{"k":1}}"#, 0, "not the expected JSON"),
    (#"{"__metadata__":{"k":"1","k":"2"}}"#, 0, "k twice"),
    (#"{"__metadata__":{},"__metadata__":{}}"#, 0, "__metadata__ appears twice"),
    (#"{"__metadata__":{"k":"\ud800"}}"#, 0, "bad escape"),
    (#"{"__metadata__":{"k":"\udc00"}}"#, 0, "bad escape"),
    (#"{"__metadata__":{"k":"\ud800\u0041"}}"#, 0, "bad escape"),
    (#"{"__metadata__":{"k":"\q"}}"#, 0, "bad escape"),
    (#"{"__metadata__":{"k":"\u00"}}"#, 0, "bad escape"),
    ("{\"__metadata__\":{\"k\":\"\n\"}}", 0, "control character"),
    (#"{"__metadata__":{"k":"v"}"#, 0, "not the expected JSON"),
    (#"{"__metadata__":{"k":"v"#, 0, "not the expected JSON"),
    (#"{"__metadata__":{"k":"\"#, 0, "bad escape"),
    ("{}{}", 0, "behind the header's JSON"),
    ("{},", 0, "behind the header's JSON"),
    (" {}", 0, "does not begin with '{'"),
    ("[]", 0, "does not begin with '{'"),
    ("", 0, "does not begin with '{'"),
    (String(repeating: "{\"a\":", count: 10_000), 0, "unknown or appears twice"),
    (String(repeating: "[", count: 10_000), 0, "does not begin"),
    ("{" + String(repeating: " ", count: 10_000), 0, "not the expected JSON"),
  ]

  @Test(arguments: hostile.indices)
  func isRefused(_ index: Int) throws {
    let (header, payload, why) = HostileHeaderTests.hostile[index]
    let path = try folder.write(file(header, payload: payload), "hostile.safetensors")
    let error = thrown(SafeTensorsError.self) { _ = try SafeTensorsFile(path) }
    #expect(error?.description.contains(why) == true, "\(header.prefix(200)): \(error?.description ?? "accepted")")
    #expect(error?.description.contains(path) == true)
    #expect(error?.exitStatus == .badData)
  }

  @Test(arguments: [UInt64.max, 1 << 63, 1 << 40, 100_000_001, 100_000_000, 65, 3])
  func declaredLengthIsChecked(_ length: UInt64) throws {
    let path = try folder.write(file("{}      ", payload: 0, length: length), "length.safetensors")
    let error = thrown(SafeTensorsError.self) { _ = try SafeTensorsFile(path) }
    if length == 3 {
      #expect(error?.description.contains("5 bytes after the last tensor") == true)
    } else {
      #expect(error?.description.contains("declares a header of \(length) bytes") == true)
    }
  }

  @Test func bytesThatAreNotUTF8AreRefused() throws {
    var bytes = file(#"{"__metadata__":{"k":"vv"}}"#, payload: 0)
    let place = try #require(bytes.firstIndex(of: UInt8(ascii: "v")))
    bytes[place] = 0xC3
    let error = thrown(SafeTensorsError.self) { _ = try SafeTensorsFile(folder.write(bytes, "latin.safetensors")) }
    #expect(error?.description.contains("not UTF-8") == true)
  }

  @Test func manyTensorsAreRefusedEarly() throws {
    let header =
      "{" + (0...SafeTensors.maximumTensors).map { tensor("t\($0)", "0", "0,0") }.joined(separator: ",") + "}"
    let error = thrown(SafeTensorsError.self) {
      _ = try SafeTensorsFile(folder.write(file(header, payload: 0), "many.safetensors"))
    }
    #expect(error?.description.contains("more than \(SafeTensors.maximumTensors) tensors") == true)
  }

  /// What is unusual but allowed: white space, any order of keys and tensors, escapes, empty tensors anywhere.
  @Test func allowedFormsAreRead() throws {
    let header = """
      { "b" : {"data_offsets":[4, 12], "shape":[ 2 ,1], "dtype":"F32"} ,
        "__metadata__":{"k":"\\u0d9a\\ud83d\\ude00\\/\\b\\f\\n\\r\\t\\"\\\\"},
        "e":{"dtype":"F32","shape":[0,4611686018427387904,0],"data_offsets":[4,4]},
        "a\\u0020":{"dtype":"F32","shape":[],"data_offsets":[0,4]} }\t\r\n
      """
    let accepted = try SafeTensorsFile(folder.write(file(header, payload: 12), "allowed.safetensors"))
    #expect(accepted.entries.map(\.name) == ["a ", "e", "b"])
    #expect(accepted.entries.map(\.count) == [1, 0, 2])
    #expect(accepted.metadata == ["k": "ක😀/\u{8}\u{C}\n\r\t\"\\"])
    #expect(try SafeTensorsFile(folder.write(file("{}", payload: 0), "empty.safetensors")).entries.isEmpty)
  }
}
