import Checkpoints
import Foundation
import Messages
import TestSupport
import Testing

/// Written by Python's safetensors 0.8.0: `save({"b.scalar": int64(-7), "a.weight": float32([[1.5, -2.25, 3], [0.1, inf,
/// -0.0]]), "half": float16([1, 2, 3]), "empty": float32 of shape (0, 3)}, {'name "quoted"\\': "ශ්‍රී\n😀", "plain": "x"})`.
private let pythonFile = """
  QAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJuYW1lIFwicXVvdGVkXCJcXCI6IuC3geC3iuKAjeC2u+C3k1xu8J+YgCIsInBsYWlu
  IjoieCJ9LCJiLnNjYWxhciI6eyJkdHlwZSI6Ikk2NCIsInNoYXBlIjpbXSwiZGF0YV9vZmZzZXRzIjpbMCw4XX0sImEud2VpZ2h0
  Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsyLDNdLCJkYXRhX29mZnNldHMiOls4LDMyXX0sImVtcHR5Ijp7ImR0eXBlIjoiRjMy
  Iiwic2hhcGUiOlswLDNdLCJkYXRhX29mZnNldHMiOlszMiwzMl19LCJoYWxmIjp7ImR0eXBlIjoiRjE2Iiwic2hhcGUiOlszXSwi
  ZGF0YV9vZmZzZXRzIjpbMzIsMzhdfX0gICAgIPn/////////AADAPwAAEMAAAEBAzczMPQAAgH8AAACAADwAQABC
  """

private func pythonBytes() throws -> [UInt8] {
  Array(try #require(Data(base64Encoded: pythonFile, options: .ignoreUnknownCharacters)))
}

@Suite struct SafeTensorsTests {
  let folder = try! TemporaryDirectory()

  @Test func readsWhatPythonWrote() throws {
    let file = try SafeTensorsFile(folder.write(pythonBytes(), "python.safetensors"))
    #expect(file.entries.map(\.name) == ["b.scalar", "a.weight", "empty", "half"])
    #expect(file.metadata == ["name \"quoted\"\\": "ශ්‍රී\n😀", "plain": "x"])
    #expect(try file.integers("b.scalar") == [-7])
    let weight = try file.floats("a.weight")
    #expect(weight.map(\.bitPattern) == [1.5, -2.25, 3, 0.1, .infinity, -0.0].map { Float($0).bitPattern })
    #expect(file.entry("a.weight")?.shape == [2, 3])
    #expect(file.entry("empty")?.shape == [0, 3])
    #expect(try file.floats("empty") == [])
    #expect(file.entry("half")?.dataType == .f16)
    #expect(file.entry("none") == nil)
  }

  @Test func readsIntoGivenMemory() throws {
    let file = try SafeTensorsFile(folder.write(pythonBytes(), "python.safetensors"))
    var memory = [Float](repeating: 99, count: 8)
    try memory.withUnsafeMutableBufferPointer { try file.read("a.weight", into: $0.baseAddress! + 1, count: 6) }
    expectClose(Array(memory[1...4]), [1.5, -2.25, 3, 0.1], absolute: 0)
    #expect(memory[0] == 99 && memory[7] == 99)
    for (name, count, why) in [("a.weight", 5, "6 elements; 5"), ("half", 3, "F16; F32"), ("gone", 1, "missing")] {
      let error = thrown(SafeTensorsError.self) {
        try memory.withUnsafeMutableBufferPointer { try file.read(name, into: $0.baseAddress!, count: count) }
      }
      #expect(error?.description.contains(why) == true)
      #expect(error?.description.contains(name) == true)
    }
  }

  @Test func writesTheSpecifiedBytes() throws {
    let path = folder.path + "/a.safetensors"
    let tensors = [
      NamedTensor(name: "z", shape: [1, 2], values: [1, -2]), NamedTensor(name: "a", shape: [], values: [0.5]),
    ]
    try SafeTensors.write(tensors, metadata: ["b\"\n": "\\/\u{1}ක", "B": "1"], to: path)
    let header =
      #"{"__metadata__":{"B":"1","b\"\u000a":"\\/\u0001ක"},"z":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"#
      + #""a":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}"#
    var expected = Array(header.utf8)
    while expected.count % 8 != 0 { expected.append(0x20) }
    expected = [UInt8(expected.count), 0, 0, 0, 0, 0, 0, 0] + expected
    expected += [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 0, 0, 0, 0x3F]
    #expect(try bytes(of: path) == expected)
    #expect(try folder.names() == ["a.safetensors"])
  }

  @Test func readsBackWhatItWrites() throws {
    let tensors = [
      NamedTensor(name: "cnn.0.weight", shape: [3, 1, 5], values: (0..<15).map { Float($0) * 0.1 - 0.7 }),
      NamedTensor(name: "nothing", shape: [4, 0, 7], values: []),
      NamedTensor(name: "scalar", shape: [], values: [Float(bitPattern: 0x7FC0_1234)]),
      NamedTensor(name: "නම\t", shape: [1], values: [-.infinity]),
    ]
    try SafeTensors.write(tensors, to: folder.path + "/b.safetensors")
    let file = try SafeTensorsFile(folder.path + "/b.safetensors")
    #expect(file.metadata.isEmpty)
    #expect(file.entries.map(\.name) == tensors.map(\.name))
    #expect(file.entries.map(\.shape) == tensors.map(\.shape))
    for tensor in tensors {
      #expect(try file.floats(tensor.name).map(\.bitPattern) == tensor.values.map(\.bitPattern))
    }
  }

  @Test func refusesToWriteNonsense() {
    let one = NamedTensor(name: "a", shape: [1], values: [1])
    for tensors in [
      [one, one], [NamedTensor(name: "b", shape: [2, 3], values: [1])],
      [NamedTensor(name: "b", shape: [-1, -1], values: [1])],
      [NamedTensor(name: "b", shape: [1 << 62, 1 << 62], values: [])],
      [NamedTensor(name: "__metadata__", shape: [1], values: [1])],
    ] {
      let error = thrown(SafeTensorsError.self) { try SafeTensors.write(tensors, to: folder.path + "/c.safetensors") }
      #expect(error?.exitStatus == .badData)
    }
    #expect(try! folder.names().isEmpty)
  }

  @Test func everyTruncationIsRefused() throws {
    let whole = try pythonBytes()
    for length in 0..<whole.count {
      let path = try folder.write(whole[..<length], "cut.safetensors")
      let error = thrown(SafeTensorsError.self) { _ = try SafeTensorsFile(path) }
      #expect(error?.exitStatus == .badData, "cut at \(length)")
      #expect(error?.description.contains(path) == true)
    }
    #expect(thrown(SafeTensorsError.self) { _ = try SafeTensorsFile(folder.write(whole + [0], "long")) } != nil)
  }

  @Test func foldersAndPipesAreNoFiles() throws {
    let pipe = folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    for path in [folder.path, pipe, folder.path + "/missing"] {
      let error = thrown(SafeTensorsError.self) { _ = try SafeTensorsFile(path) }
      #expect(error?.exitStatus == .inputOutput)
    }
  }
}
