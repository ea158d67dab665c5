import Console
import Files
import Foundation
import Messages
import Reporting
import TensorBoardSchema
import TestSupport
import Testing

@Suite struct CRC32CTests {
  /// RFC 3720, appendix B.4, and the check value of the polynomial's catalog.
  @Test(
    arguments: [
      (Array("123456789".utf8), 0xE306_9283), ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
      ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43), (Array(0...31), 0x46DD_794E),
      ((0...31).reversed(), 0x113F_DB5C), ([], 0), ([0x61], 0xC1D0_4330),
    ] as [([UInt8], UInt32)])
  func knownAnswers(bytes: [UInt8], checksum: UInt32) {
    #expect(CRC32C.checksum(bytes) == checksum)
    // TensorFlow's Mask: rotated right by 15 bits, and a constant added.
    let rotated = UInt64(checksum) * 0x1_0000_0000 >> 15
    let mask = UInt32(truncatingIfNeeded: (rotated >> 32 | rotated) + 0xA282_EAD8)
    #expect(CRC32C.masked(bytes) == mask)
  }

  /// Unmasking as TensorFlow does gives the checksum again.
  @Test func theMaskIsUndone() {
    for length in [0, 1, 8, 333] {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: 7 * $0 + length) }
      let rotated = CRC32C.masked(bytes) &- 0xA282_EAD8
      #expect(rotated >> 17 | rotated << 15 == CRC32C.checksum(bytes))
    }
  }
}

/// The framing of event files, taken apart here. `TensorBoardTests` have TensorBoard read them.
@Suite struct EventFileTests {
  let folder = try! TemporaryDirectory()

  /// The data of a file's records. Nil for one that is torn, or has a wrong checksum.
  static func records(_ bytes: [UInt8]) -> [[UInt8]]? {
    var (records, rest): ([[UInt8]], ArraySlice<UInt8>) = ([], bytes[...])
    func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    while !rest.isEmpty {
      guard rest.count >= 16 else { return nil }
      let length = rest.prefix(8)
      let size = Int(number(length))
      guard rest.count >= 16 + size else { return nil }
      let data = rest.dropFirst(12).prefix(size)
      guard number(rest.dropFirst(8).prefix(4)) == UInt64(CRC32C.masked(length)),
        number(rest.dropFirst(12 + size).prefix(4)) == UInt64(CRC32C.masked(data))
      else { return nil }
      records.append(Array(data))
      rest = rest.dropFirst(16 + size)
    }
    return records
  }

  @Test func aFileBeginsWithItsVersion() throws {
    let file = try EventFile.create(in: folder.path, host: "node-7.b c/ක")
    let name = try #require(try EventFile.names(in: folder.path).first)
    #expect(name.wholeMatch(of: /events\.out\.tfevents\.[0-9]{10}\.node-7_b_c__\.[0-9]+/) != nil, "\(name)")
    var event = TensorBoardEvent()
    event.step = 300
    try file.append(event)
    let records = try #require(EventFileTests.records(bytes(of: folder.file(name))))
    // Field 1 is the time as a Double, field 2 the step, field 3 the version.
    try #require(records.count == 2)
    #expect(records[0].first == 0x09 && records[0].count == 9 + 2 + 13)
    #expect(Array(records[0][9...]) == [0x1A, 13] + Array("brain.Event:2".utf8))
    #expect(Array(records[1][9...]) == [0x10, 0xAC, 0x02], "300 as a varint")
    let time = records[1][1..<9].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    #expect(abs(Double(bitPattern: time) - secondsSince1970()) < 3600)
  }

  /// TensorBoard reads the files in the order of their names.
  @Test func aNewFileSortsBehindTheOthers() throws {
    let later = "events.out.tfevents.4000000000.host.1"
    try folder.write("", later)
    try folder.write("", "events.out.tfevents.x")
    try folder.write("", "metrics.jsonl")
    for _ in 0..<3 { _ = try EventFile.create(in: folder.path, host: "h") }
    let names = try EventFile.names(in: folder.path).sorted()
    let times = names.compactMap { $0.split(separator: ".").dropFirst(3).first }
    #expect(times == ["4000000000", "4000000001", "4000000002", "4000000003", "x"])
    #expect(thrown(FileError.self) { _ = try EventFile.create(in: folder.file("no"), host: "h") }?.code == ENOENT)
  }

  @Test(.enabled(if: MemoryFileSystem.isAvailable, "needs root, to mount a file system that gets full"))
  func anEventIsWholeOrAbsent() throws {
    let disk = try MemoryFileSystem(kilobytes: 16)
    let file = try EventFile.create(in: disk.path, host: "h")
    var event = TensorBoardEvent()
    event.fileVersion = String(repeating: "x", count: 3000)
    var written = 1
    while thrown(FileError.self, { try file.append(event) }) == nil, written < 100 { written += 1 }
    let name = try #require(try EventFile.names(in: disk.path).first)
    #expect(EventFileTests.records(try bytes(of: "\(disk.path)/\(name)"))?.count == written)
    #expect(written > 1 && written < 100)
  }
}

@Suite struct TensorBoardLogTests {
  private let folder = try! TemporaryDirectory()

  private func step(_ number: Int, reducing: Double? = nil) -> StepMetrics {
    StepMetrics(
      step: number, epoch: 0, time: nil, loss: 0.5, learningRate: 1, gradientNorm: 2, imagesPerSecond: 3, seconds: 4,
      skipped: 0, waiting: 0.25, reducing: reducing)
  }

  private func log(nextEvent: Int = 0, history: RunHistory? = nil) -> TensorBoardLog {
    TensorBoardLog(
      folder.path, host: "h", hyperparameters: ["model": .text("akuru"), "lr": .number(0.5)], nextEvent: nextEvent,
      history: history, log: RunLog.silent.logger())
  }

  /// The records of the newest file, as text in which names can be found.
  private func records() throws -> [String] {
    let name = try #require(try EventFile.names(in: folder.path).max())
    let records = try #require(EventFileTests.records(bytes(of: folder.file(name))))
    return records.map { String(decoding: $0.map { $0 < 0x80 ? $0 : 0x3F }, as: UTF8.self) }
  }

  @Test func aRunHasStartStepsAndEnd() throws {
    let log = log()
    log.add(step(1))
    log.add(step(2, reducing: 0.125))
    log.finish()
    let records = try records()
    try #require(records.count == 6, "version, start, hyperparameters, two steps, end")
    #expect(records[2].contains("_hparams_/session_start_info") && records[2].contains("akuru"))
    for tag in ["loss", "learning_rate", "gradient_norm", "images_per_second", "waiting"] {
      #expect(records[3].contains("train/\(tag)") && records[4].contains("train/\(tag)"), "\(tag)")
    }
    #expect(!records[3].contains("train/reducing") && records[4].contains("train/reducing"))
    #expect(records[5].contains("_hparams_/session_end_info"))
  }

  /// A run that goes on writes no second beginning, and again the line of the step that is taken back.
  @Test func aResumedRunSaysWhatIsTakenBack() throws {
    log().finish()
    var history = RunHistory()
    history.add(step(7))
    _ = log(nextEvent: 7, history: history)
    #expect(try EventFile.names(in: folder.path).count == 2)
    let records = try records()
    try #require(records.count == 3, "version, start, the step")
    #expect(records[2].contains("train/loss"))
    _ = log(nextEvent: 8, history: history)
    #expect(try self.records().count == 2, "its line is in the file before")
  }

  @Test func whatCannotBeWrittenIsSaidOnce() throws {
    let output = folder.file("stderr")
    try folder.write("", "stderr")
    let file = try OpenFile(output, O_WRONLY | O_APPEND)
    let log = TensorBoardLog(
      folder.file("none"), host: "h", hyperparameters: [:], nextEvent: 0, history: nil,
      log: RunLog(rank: 0, standardError: file.descriptor).logger())
    log.add(step(1))
    log.finish()
    let lines = try folder.text("stderr").split(separator: "\n")
    #expect(lines.count == 1 && lines[0].contains("going on, and TensorBoard will see no more of this run"), "\(lines)")
    #expect(try file.size() > 0)
  }

  @Test func textsAreNoMarkdown() {
    #expect(TensorBoardLog.markdown("a|b*c_d") == "a\\|b\\*c\\_d")
    #expect(TensorBoardLog.markdown("<i>&\n`x`") == "&lt;i&gt;&amp; \\`x\\`")
    #expect(TensorBoardLog.markdown("ක්‍ෂ 1.") == "ක්‍ෂ 1\\.")
  }
}
