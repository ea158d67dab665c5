import Datasets
import Files
import Foundation
import Images
import TestSupport
import Testing

@Suite struct AuditTests {
  /// A data set of 24 x 12 pictures, 40 x 20 after resizing: 10 time steps.
  private func folder(_ texts: [String]) throws -> TemporaryDirectory {
    let folder = try TemporaryDirectory()
    for i in texts.indices { try folder.add("\(i).png", picture(width: 24, height: 12, seed: UInt64(i))) }
    return try folder.add("metadata.csv", csv(texts))
  }

  private func csv(_ texts: [String]) -> String {
    "file_name,text\n" + texts.enumerated().map { "\($0).png,\($1)\n" }.joined()
  }

  private func audit(
    _ folder: TemporaryDirectory, geometry: InputGeometry = geometry(), alphabet: Alphabet? = nil
  ) throws -> AuditResult {
    try Audit(DataSet.load(folder.path), geometry: geometry, alphabet: alphabet).run()
  }

  private func expect(
    _ result: AuditResult, _ kind: AuditFinding.Kind, record: Int?, isProblem: Bool, _ parts: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(result.findings.count == 1, "\(result.findings)", sourceLocation: sourceLocation)
    guard let finding = result.findings.first else { return }
    #expect(finding.kind == kind, sourceLocation: sourceLocation)
    #expect(finding.record == record && finding.isProblem == isProblem, sourceLocation: sourceLocation)
    #expect(result.badRecords == (isProblem ? [record].compactMap { $0 } : []), sourceLocation: sourceLocation)
    for part in parts {
      #expect(finding.description.contains(part), "\(finding) lacks \(part)", sourceLocation: sourceLocation)
    }
  }

  @Test func goodDataHasNoFindings() throws {
    let result = try audit(folder(["ab", "bca", "ක්\u{200D}ෂ"]))
    #expect(result.findings.isEmpty && result.records == 0..<3)
    #expect(result.widths == [40, 40, 40])
    let counts = result.scalarCounts.map { [Int($0.scalar), $0.count] }
    #expect(counts == [[0x61, 2], [0x62, 2], [0x63, 1], [0x0D9A, 1], [0x0DC2, 1], [0x0DCA, 1], [0x200D, 1]])
  }

  @Test func missingImage() throws {
    let result = try audit(folder(["a"]).add("metadata.csv", "file_name,text\n0.png,a\nx/9.png,b\n"))
    expect(result, .unreadableImage, record: 1, isProblem: true, ["x/9.png", "no such file"])
    #expect(result.widths == [40, 0])
  }

  @Test func truncatedImage() throws {
    let folder = try folder(["a", "b"])
    let whole = try PNG.encode(picture(width: 90, height: 40))
    try folder.add("1.png", Array(whole.dropLast(whole.count / 2)))
    // The header is whole, so its size can still be read.
    #expect(try ImageFile.size(path: folder.path + "/1.png").width == 90)
    expect(try audit(folder), .unreadableImage, record: 1, isProblem: true, [folder.path + "/1.png: ", "truncated"])
  }

  @Test func textNamedPNGAndEmptyFileAndFolder() throws {
    let folder = try folder(["a", "b", "c", "d"])
    try folder.add("0.png", "I am a text").add("1.png", [UInt8]())
    try FileManager.default.removeItem(atPath: folder.path + "/2.png")
    try FileManager.default.createDirectory(atPath: folder.path + "/2.png", withIntermediateDirectories: true)
    let result = try audit(folder)
    #expect(result.problems.map(\.kind) == [.unreadableImage, .unreadableImage, .unreadableImage])
    #expect(result.badRecords == [0, 1, 2])
    #expect(result.warnings.isEmpty)
  }

  @Test func emptyLabel() throws {
    expect(try audit(folder(["a", "", "c"])), .emptyLabel, record: 1, isProblem: true, ["1.png", "empty"])
  }

  @Test func labelThatDoesNotFit() throws {
    // 10 steps: ten different letters fit, five pairs of equal ones need 10 + 5.
    #expect(try audit(folder(["abcdefghij", "aabb"])).findings.isEmpty)
    let result = try audit(folder(["a", "aabbccddee"]))
    expect(result, .labelTooLong, record: 1, isProblem: true, ["needs 15 time steps", "gives 10", "40 pixels"])
  }

  @Test func twoPixelsWide() throws {
    let folder = try folder(["a", "ab"]).add("1.png", picture(width: 2, height: 40))
    let result = try audit(folder)
    #expect(result.widths == [40, 4])
    expect(result, .labelTooLong, record: 1, isProblem: true, ["needs 2", "gives 1"])
  }

  @Test func imageThatIsTooWide() throws {
    let folder = try folder(["a", "b"]).add("1.png", picture(width: 200, height: 10))
    #expect(try audit(folder, geometry: geometry(maximumWidth: 400)).findings.isEmpty)
    let result = try audit(folder, geometry: geometry(maximumWidth: 399))
    expect(result, .imageTooWide, record: 1, isProblem: true, ["400 pixels wide at height 20", "at most 399"])
  }

  @Test func scalarsOutsideTheAlphabet() throws {
    let folder = try folder(["ab", "ac\u{200D}c"])
    let alphabet = try Alphabet(texts: ["ab"])
    let result = try audit(folder, alphabet: alphabet)
    expect(result, .unknownScalars, record: 1, isProblem: true, ["U+0063, U+200D"])
    let audit = Audit(
      try DataSet.load(folder.path), geometry: geometry(), alphabet: alphabet, use: .evaluation)
    expect(try audit.run(), .unknownScalars, record: 1, isProblem: false, ["U+0063, U+200D"])
  }

  @Test func labelThatIsNotNFC() throws {
    expect(
      try audit(folder(["a", "e\u{301}"])), .labelNotNFC, record: 1, isProblem: false,
      ["1.png", "normalization form NFC"])
  }

  @Test func duplicateFiles() throws {
    var folder = try folder(["a", "b", "a", "c"])
    try folder.add("2.png", picture(width: 24, height: 12, seed: 0))
    let same = try audit(folder)
    expect(same, .duplicateFile, record: 2, isProblem: false, ["2.png: has the same bytes as \(folder.path)/0.png; "])
    try folder.add("metadata.csv", csv(["a", "b", "x", "c"]))
    expect(try audit(folder), .duplicateFile, record: 2, isProblem: false, ["with another text (\"x\" and \"a\")"])
    folder = try self.folder(["a", "c"])
    try folder.add("metadata.csv", "file_name,text\n1.png,c\n0.png,a\n1.png,c\n")
    expect(try audit(folder), .duplicateFile, record: 2, isProblem: false, ["1.png: is listed twice; "])
  }

  @Test func unpairedFiles() throws {
    let folder = try TemporaryDirectory()
    try folder.add("1.png", picture(width: 24, height: 12)).add("1.gt.txt", "x").add("2.gt.txt", "x")
    expect(try audit(folder), .unpairedFile, record: nil, isProblem: true, ["2.gt.txt", "no 2.png"])
    // An image of a format that is not read is no missing image.
    try folder.add("2.gif", "GIF89a")
    expect(
      try audit(folder), .unpairedFile, record: nil, isProblem: true,
      ["2.gt.txt", "2.gif is of a format that is not read; convert it to PNG"])
    let only = try TemporaryDirectory().add("1.gt.txt", "x").add("1.jp2", "x")
    expectLoadError(only.path, ["\"1.gt.txt\" without \"1.png\"", "\"1.jp2\" of a format that is not read"])
  }

  @Test func unlistedImages() throws {
    let folder = try folder(["a", "b"]).add("7.png", picture(width: 24, height: 12, seed: 7)).add("note.txt", "x")
    expect(try audit(folder), .unlistedImage, record: nil, isProblem: false, [folder.path + "/7.png: ", "list it"])
  }

  @Test func goodPart() throws {
    let folder = try folder(["a", "", "c", "d"]).add("3.png", picture(width: 48, height: 12))
    let dataSet = try DataSet.load(folder.path)
    let good = try Audit(dataSet, geometry: geometry()).run().good(of: dataSet)
    #expect(good.dataSet.records.map(\.text) == ["a", "c", "d"])
    #expect(good.widths == [40, 40, 80])
  }

  /// Everything at once: the slices of any number of ranks, on any number of threads and through JSON, give the same.
  @Test func slicesMergeToTheWhole() throws {
    let folder = try folder(["ab", "", "e\u{301}", "aabbccddee", "q", "ab", "b", "c", "d", "e", "f"])
    try folder.add("4.png", "text").add("5.png", picture(width: 24, height: 12, seed: 0))
    try folder.add("10.png", picture(width: 24, height: 12, seed: 0))
    let dataSet = try DataSet.load(folder.path)
    let audit = Audit(dataSet, geometry: geometry())
    let whole = try audit.run()
    #expect(
      whole.findings.map(\.kind)
        == [.emptyLabel, .labelNotNFC, .labelTooLong, .unreadableImage, .duplicateFile, .duplicateFile])
    #expect(whole.findings.map(\.record) == [1, 2, 3, 4, 5, 10])
    for ranks in 1...13 {
      let parts = try (0..<ranks).reversed().map { rank in
        let part = try audit.runSlice(rank: rank, ranks: ranks, threads: 1 + rank % 3)
        return try JSONDecoder().decode(AuditResult.self, from: JSONEncoder().encode(part))
      }
      #expect(try AuditResult.merging(parts, of: dataSet) == whole, "\(ranks) ranks")
      if ranks > 1 && ranks <= 11 {
        #expect(dataSetError { _ = try AuditResult.merging(Array(parts.dropLast()), of: dataSet) } != nil)
        #expect(dataSetError { _ = try AuditResult.merging(parts + [parts[ranks - 1]], of: dataSet) } != nil)
      }
    }
    #expect(try audit.run(threads: 4) == whole)
  }
}

@Suite struct AuditReportTests {
  @Test func linesNameEverything() throws {
    let folder = try TemporaryDirectory()
    for i in 0..<15 { try folder.add("\(i).png", picture(width: 20 + 7 * i, height: 20, seed: UInt64(i))) }
    let rows = (0..<15).map { "\($0).png,\($0 < 12 ? "" : "ක්\u{200D}ෂ")\n" }
    try folder.add("metadata.csv", "file_name,text\n" + rows.joined())
    let result = try Audit(DataSet.load(folder.path), geometry: geometry()).run()
    let lines = AuditReport(result).lines()
    #expect(lines.first == "records: 15, of which 3 good and 12 bad")
    #expect(lines.contains("problems: 12") && lines.contains("warnings: 0"))
    #expect(lines.contains("  empty labels: 12") && lines.contains("    and 2 more"))
    #expect(lines.count { $0.hasSuffix("or remove the record") } == 10)
    #expect(lines.contains("widths: 20 to 118, median 69"))
    #expect(lines.contains("alphabet: 4 scalars, 12 occurrences"))
    #expect(lines.contains { $0.contains("U+200D") && $0.hasSuffix("ZERO WIDTH JOINER") })
    #expect(lines.contains { $0.contains("U+0DCA       3 \u{25CC}\u{0DCA}") })
    #expect(lines.allSatisfy { !$0.utf8.contains(10) })
  }

  @Test func histogramCountsEveryReadableImageOnce() throws {
    let folder = try TemporaryDirectory()
    let widths = [8, 15, 16, 100, 300]
    for (i, width) in widths.enumerated() { try folder.add("\(i).png", picture(width: width, height: 20)) }
    try folder.add("5.png", "text")
    try folder.add("metadata.csv", "file_name,text\n" + (0..<6).map { "\($0).png,\n" }.joined())
    let bins = AuditReport(try Audit(DataSet.load(folder.path), geometry: geometry()).run()).widthHistogram()
    #expect(bins.count <= 16 && bins.reduce(0) { $0 + $1.count } == 5)
    for bin in bins { #expect(bin.count == widths.count { $0 >= bin.lower && $0 < bin.upper }) }
    #expect(zip(bins, bins.dropFirst()).allSatisfy { $0.upper == $1.lower && $0.upper - $0.lower == 32 })
  }

  @Test func nothingReadable() throws {
    let folder = try TemporaryDirectory().add("metadata.csv", "file_name,text\n1.png,a\n")
    let report = AuditReport(try Audit(DataSet.load(folder.path), geometry: geometry()).run())
    #expect(report.widthHistogram().isEmpty && report.lines().contains("widths: none"))
  }
}
