import Datasets
import Files
import Foundation
import Hashing
import Messages
import TestSupport
import Testing

@Suite struct RememberedAuditTests {
  private let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    for i in 0..<3 { try folder.add("data/\(i).png", picture(width: 24, height: 12, seed: UInt64(i))) }
    try folder.add("data/metadata.csv", "file_name,text\n0.png,ab\n1.png,b\n2.png,\n")
    Thread.sleep(forTimeInterval: 1.1)  // What has just changed is not remembered.
  }

  private func audit(
    height: Int = 20, alphabet: Alphabet? = nil, use: Audit.Use = .training, light: ImagePreparation.Light = .keep
  ) throws -> Audit {
    let geometry = InputGeometry(height: height, preparation: ImagePreparation(light: light)) { $0 / 4 }
    return try Audit(DataSet.load(folder.file("data")), geometry: geometry, alphabet: alphabet, use: use)
  }

  private func memory(of audit: Audit) throws -> RememberedAudit {
    try RememberedAudit(of: audit, in: folder.file("cache"))
  }

  /// Remembers an audit of two slices; returns what is remembered.
  @discardableResult
  private func remember(_ audit: Audit) throws -> AuditResult {
    let slices = try (0..<2).map { try audit.runSlice(rank: $0, ranks: 2) }
    let result = try AuditResult.mergingRecords(slices, of: audit.dataSet)
    try memory(of: audit).write(result)
    return result
  }

  private func recalled(_ audit: Audit) throws -> AuditResult? {
    guard let (result, payload) = try memory(of: audit).read() else { return nil }
    #expect(RememberedAudit.result(payload) == result)
    return result
  }

  @Test func theSameIsRemembered() throws {
    #expect(try recalled(audit()) == nil)
    let result = try remember(audit())
    #expect(result.findings.count == 1 && result.widths == [40, 40, 40])
    #expect(try recalled(audit()) == result)
  }

  @Test func anythingElseIsNot() throws {
    try remember(audit())
    #expect(try recalled(audit(height: 21)) == nil)
    #expect(try recalled(audit(alphabet: Alphabet(texts: ["abc"]))) == nil)
    #expect(try recalled(audit(use: .evaluation)) == nil)
    #expect(try recalled(audit(light: .even)) == nil)
    try folder.add("data/metadata.csv", "file_name,text\n0.png,ab\n1.png,b\n2.png,a\n")
    #expect(try recalled(audit()) == nil)
  }

  /// Other bytes of the same size, with the time of before: only the time of the change tells.
  @Test func aChangedImageIsNot() throws {
    try remember(audit())
    let path = folder.file("data/1.png")
    let before = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate]!
    var bytes = try bytes(of: path)
    bytes[bytes.count - 20] ^= 1
    let file = try #require(FileHandle(forWritingAtPath: path))
    try file.write(contentsOf: Data(bytes))
    try file.close()
    try FileManager.default.setAttributes([.modificationDate: before], ofItemAtPath: path)
    #expect(try recalled(audit()) == nil)
    // It has changed just now, and may change again without another time.
    try FileManager.default.removeItem(atPath: folder.file("cache"))
    try remember(audit())
    #expect(!FileManager.default.fileExists(atPath: folder.file("cache")))
    try FileManager.default.removeItem(atPath: path)
    #expect(try recalled(audit()) == nil)
  }

  @Test func aDamagedFileIsNone() throws {
    let result = try remember(audit())
    let path = try memory(of: audit()).path
    let whole = try bytes(of: path)
    for place in stride(from: 0, to: whole.count, by: 7) {
      var damaged = whole
      damaged[place] ^= 1
      try Data(damaged).write(to: URL(fileURLWithPath: path))
      #expect(try recalled(audit()) == nil, "byte \(place)")
    }
    for count in [0, 1, 64, 65, 130, whole.count - 1] {
      try Data(whole.prefix(count)).write(to: URL(fileURLWithPath: path))
      #expect(try recalled(audit()) == nil, "\(count) bytes")
    }
    try Data(whole).write(to: URL(fileURLWithPath: path))
    #expect(try recalled(audit()) == result)
  }

  /// A file with the right digests and numbers that no audit writes.
  @Test(arguments: [
    (#""widths":[40"#, #""widths":[-40"#), (#""widths":[40,"#, #""widths":["#), (#""records":[0,"#, #""records":[1,"#),
    (#""record":2"#, #""record":9"#), (#""scalar":97"#, #""scalar":55296"#), (#""count":1"#, #""count":-1"#),
    (#""widths":[40"#, #""widths":[4e18"#), ("{", "["),
  ])
  func numbersThatCannotBeAreNone(from: String, to: String) throws {
    try remember(audit())
    let path = try memory(of: audit()).path
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    try #require(lines.count == 3 && lines[2].contains(from), "\(lines)")
    let payload = lines[2].replacingOccurrences(of: from, with: to)
    let digest = hexadecimal(SHA256.hash(Array(payload.utf8)))
    try Data("\(lines[0])\n\(digest)\n\(payload)".utf8).write(to: URL(fileURLWithPath: path))
    #expect(try recalled(audit()) == nil)
  }
}
