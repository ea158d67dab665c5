import Files
import Foundation
import Messages
import Reporting
import TestSupport
import Testing

@Suite struct MetricsLogTests {
  let folder = try! TemporaryDirectory()
  var path: String { folder.path + "/metrics.jsonl" }

  @Test func appendsSortedLines() throws {
    struct Line: Encodable { let step: Int, loss: Float, cer: Double? }
    do {
      let log = try MetricsLog(path)
      try log.append(["step": .integer(1), "loss": .number(0.5), "event": .text("train/a\nb")] as [String: JSONValue])
      #expect(try folder.text("metrics.jsonl") == #"{"event":"train/a\nb","loss":0.5,"step":1}"# + "\n")
      try log.append(Line(step: 2, loss: 0.1, cer: nil))
    }
    try MetricsLog(path).append(
      ["z": .number(.nan), "step": .integer(3), "a": .number(-.infinity), "b": .text("අ")] as [String: JSONValue])
    let lines = try folder.text("metrics.jsonl").split(separator: "\n")
    #expect(lines.dropFirst() == [#"{"loss":0.1,"step":2}"#, #"{"a":"-Infinity","b":"අ","step":3,"z":"NaN"}"#])
  }

  @Test func cutsBackToAStep() throws {
    let good = [#"{"step":1}"#, #"{"note":"no step"}"#, #"{"loss":"NaN","step":5}"#]
    let malformed = ["", "x", "[1]", #"{"step":1"#, #"{"step":"2"}"#, #"{"step":1.5}"#, "null", "\0\0\0"]
    let later = [#"{"step":6}"#, #"{"step":9223372036854775807}"#]
    let lines = [good[0], malformed[0], later[0], good[1]] + malformed[1...] + [later[1], good[2]]
    _ = try folder.write((lines + [""]).joined(separator: "\n"), "metrics.jsonl")
    let cut = try MetricsLog.truncate(path, afterStep: 5)
    #expect(cut.later == 2 && cut.malformed == 8)
    #expect(try folder.text("metrics.jsonl") == good.joined(separator: "\n") + "\n")
    #expect(try MetricsLog.truncate(path, afterStep: 5) == MetricsLog.Cut())
    #expect(try folder.names() == ["metrics.jsonl"])
    // Appending goes on behind.
    try MetricsLog(path).append(["step": 6])
    #expect(try folder.text("metrics.jsonl").hasSuffix("5}\n{\"step\":6}\n"))
  }

  @Test func aTornLastLineIsDroppedWhateverItsLength() throws {
    let whole = Array("{\"step\":1}\n{\"loss\":0.25,\"step\":2}\n".utf8)
    for length in 0...whole.count {
      _ = try folder.write(whole[..<length], "metrics.jsonl")
      let cut = try MetricsLog.truncate(path, afterStep: 10)
      let kept = length < 11 ? 0 : (length < whole.count ? 11 : whole.count)
      #expect(try bytes(of: path) == Array(whole[..<kept]), "cut at \(length)")
      #expect(cut.malformed == (kept == length ? 0 : 1) && cut.later == 0)
    }
  }

  /// Lines that cross the pieces in which the file is read, and one too long to be a line.
  @Test func longFilesAreReadInPieces() throws {
    let lines = (1...9000).map { "{\"pad\":\"\(String(repeating: "x", count: $0 % 97))\",\"step\":\($0)}" }
    let huge = "{\"pad\":\"\(String(repeating: "y", count: 3 << 20))\",\"step\":1}"
    _ = try folder.write((lines[..<4000] + [huge] + lines[4000...] + [huge]).joined(separator: "\n"), "metrics.jsonl")
    let cut = try MetricsLog.truncate(path, afterStep: 8000)
    #expect(cut.later == 1000 && cut.malformed == 2)
    #expect(try folder.text("metrics.jsonl") == lines[..<8000].map { $0 + "\n" }.joined())
  }

  @Test func missingFilesAndFoldersAreHandled() throws {
    #expect(try MetricsLog.truncate(path, afterStep: 1) == MetricsLog.Cut())
    #expect(thrown(FileError.self) { try MetricsLog.truncate(folder.path, afterStep: 1) }?.exitStatus == .inputOutput)
    let error = thrown(FileError.self) { _ = try MetricsLog(folder.path + "/no/metrics.jsonl") }
    #expect(error?.description.contains("/no/metrics.jsonl: No such file") == true)
  }

  @Test(.enabled(if: MemoryFileSystem.isAvailable, "needs root, to mount a file system that gets full"))
  func aLineIsWholeOrAbsent() throws {
    let disk = try MemoryFileSystem(kilobytes: 16)
    let log = try MetricsLog(disk.path + "/metrics.jsonl")
    let text = String(repeating: "x", count: 3000)
    var written = 0
    while thrown(FileError.self, { try log.append(["t": text]) }) == nil, written < 100 { written += 1 }
    #expect(written > 0 && written < 100)
    let all = try bytes(of: disk.path + "/metrics.jsonl")
    #expect(all.last == UInt8(ascii: "\n"))
    #expect(all.filter { $0 == UInt8(ascii: "\n") }.count == written)
  }
}
