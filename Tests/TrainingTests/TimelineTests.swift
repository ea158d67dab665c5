import Files
import Foundation
import Instrumentation
import TestSupport
import Testing
import Training

@Suite struct TraceFileTests {
  private func event(_ i: Int) -> TraceEvent {
    TraceEvent(kind: Trace.Kind.allCases[i % 8], step: i, start: Int64(1000 * i + 7), duration: Int64(i))
  }

  @Test func fileIsJSON() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/trace.json"
    let file = TraceFile(path)
    file.append(
      [event(0), TraceEvent(kind: .reduce, step: 2, start: -50, duration: 1_002_003)], rank: 0, name: "a \"b\"\n")
    file.append([], rank: 1, name: "rank 1")
    try file.finish()
    let array = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path))) as? [[String: Any]])
    #expect(array.count == 6)
    #expect((array[0]["args"] as? [String: Any])?["name"] as? String == "a \"b\"\n")
    let reduce = array[3]
    #expect(reduce["name"] as? String == "reduce")
    #expect(reduce["ph"] as? String == "X")
    #expect(reduce["pid"] as? Int == 0)
    #expect(reduce["ts"] as? Double == 0)
    #expect(reduce["dur"] as? Double == 1002.003)
    #expect((reduce["args"] as? [String: Any])?["step"] as? Int == 2)
    #expect(array[2]["ts"] as? Double == 0.007)
    #expect(try folder.names() == ["trace.json"])
  }

  @Test func aFileThatCannotBeWritten() throws {
    let folder = try TemporaryDirectory()
    let file = TraceFile(folder.path + "/none/trace.json")
    file.append([event(1)], rank: 0, name: "x")
    #expect(throws: FileError.self) { try file.finish() }
  }
}
