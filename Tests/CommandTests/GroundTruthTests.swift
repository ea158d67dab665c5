import Datasets
import Foundation
import Images
import TestSupport
import Testing

/// Pages, and ground truth with faults, as a user meets them.
@Suite struct GroundTruthTests {
  private func files(in folder: String) throws -> [String: Data] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder).filter {
      $0.contains(".png") || $0.contains(".txt")
    }
    return try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))) })
  }

  @Test func linesOfPagesAreWritten() throws {
    let workshop = try Workshop(train: 12, validation: 1)
    let library = try workshop.writePages(to: "library", 3, of: 4)
    for ranks in [nil, 2, 3] {
      let output = workshop.path("lines-\(ranks ?? 0)")
      let result = try akuru(ranks: ranks, ["lines", library, "--output", output])
      #expect(result.exitCode == 0 && result.stdout.contains("12 lines of 3 pages"), "\(result.transcript)")
    }
    let one = try files(in: workshop.path("lines-0"))
    #expect(
      Set(one.keys).isSuperset(of: ["b0/p/0001-l0.png", "b0/p/0001-l0.gt.txt", "b2/p/0004-l3.gt.txt"])
        && one.count == 24)
    #expect(try files(in: workshop.path("lines-2")) == one && files(in: workshop.path("lines-3")) == one)
    // They are what was drawn, and a data set.
    let (drawn, cut) = (try DataSet.load(workshop.train).records, try DataSet.load(workshop.path("lines-0")).records)
    #expect(cut.map(\.text) == drawn.map(\.text))
    let images = RecordImages()
    for (a, b) in zip(drawn, cut) { #expect(try images.image(of: a) == images.image(of: b)) }

    // Whatever a list names, nothing is written outside of the output.
    let list = workshop.path("lists/deep/list.jsonl")
    try FileManager.default.createDirectory(atPath: workshop.path("lists/deep"), withIntermediateDirectories: true)
    try GlyphData.write(
      [
        #"{"file_name": "../../library/b0/p.xml#l0", "text": "a"}"#,
        #"{"file_name": "\#(library)/b1/p.xml#l0", "text": "b"}"#,
        #"{"file_name": "\#(workshop.train)/0.png", "text": "c"}"#,
      ], to: list)
    let output = workshop.path("lists/deep/out")
    let result = try akuru(["lines", list, "--allow-outside", "--output", output])
    #expect(result.exitCode == 0 && result.stderr.contains("left out: 1 image"), "\(result.transcript)")
    #expect(try files(in: output).count == 4 && files(in: workshop.path("lists")).count == 4, "\(result.transcript)")

    expectFailure(
      try akuru(["lines", library, "--output", workshop.path("lines-0")]), 2, ["is not empty; choose another folder"])
    expectFailure(
      try akuru(["lines", workshop.train, "--output", workshop.path("none")]), 3, ["holds no lines of pages"])
  }

  @Test func aLineThatCannotBeCut() throws {
    let workshop = try Workshop(train: 4, validation: 1)
    let library = try workshop.writePages(to: "library", 1, of: 4)
    let xml = try String(contentsOfFile: "\(library)/b0/p.xml", encoding: .utf8)
    try GlyphData.write(
      [
        xml.replacingOccurrences(
          of: "<TextLine id=\"l1\"><Coords points=\"", with: "<TextLine id=\"l1\"><Coords points=\"x,y ")
      ], to: "\(library)/b0/p.xml")
    let output = workshop.path("lines")
    expectFailure(
      try akuru(ranks: 2, ["lines", library, "--output", output]), 3, ["b0/p.xml#l1", "\"x\"", "--skip-bad"])
    #expect(!FileManager.default.fileExists(atPath: output))
    let result = try akuru(["lines", library, "--output", output, "--skip-bad", "--json"])
    #expect(
      result.exitCode == 0 && result.stdout.contains("\"lines\":3") && result.stdout.contains("\"bad\":1"),
      "\(result.transcript)")
    #expect(result.stderr.contains("p.xml#l1"), "\(result.transcript)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: workshop.path("")).filter { $0.contains(".tmp-") }.isEmpty)
  }

  /// Where nothing is good, the reasons are said all the same.
  @Test func nothingIsGood() throws {
    let workshop = try Workshop(train: 4, validation: 1)
    let library = try workshop.writePages(to: "library", 1, of: 2)
    try GlyphData.write(["<PcGts"], to: "\(library)/b0/p.xml")
    expectFailure(
      try akuru(["lines", library, "--output", workshop.path("lines")]), 3, ["b0/p.xml: "])
    let result = try akuru(["check", library, "--fix", workshop.path("fixed.jsonl")])
    #expect(result.exitCode == 3 && result.stdout.contains("records that cannot be read: 1"), "\(result.transcript)")
    #expect(result.stderr.contains("no record is good"), "\(result.transcript)")
  }

  /// Lines of pages train like images, with the same bits on any number of ranks, and with or without a cache.
  @Test func trainingOnPages() throws {
    let workshop = try Workshop(train: 24, validation: 6)
    let library = try workshop.writePages(to: "library", 6, of: 4)
    func train(_ run: String, ranks: Int?, _ more: [String] = []) throws -> ProcessResult {
      let result = try akuru(
        ranks: ranks,
        ["train", "--train", library, "--validation", "auto", "--run-dir", workshop.path(run), "--max-steps", "4"]
          + Recipes.akuru + more)
      #expect(result.exitCode == 0, "\(result.transcript)")
      return result
    }
    _ = try train("alone", ranks: nil)
    let alone = try workshop.checkpoints("alone")
    for ranks in [2, 3] {
      _ = try train("on-\(ranks)", ranks: ranks)
      #expect(try workshop.checkpoints("on-\(ranks)") == alone, "\(ranks) ranks")
    }
    let direct = try train("direct", ranks: nil, ["--cache", "none"])
    #expect(direct.stderr.contains("each line decodes its whole page"), "\(direct.transcript)")
    #expect(try workshop.checkpoints("direct") == alone)
  }

  /// A model's text policy is that of the references it is measured with.
  @Test func referencesFollowTheModel() throws {
    let workshop = try Workshop(train: 16, validation: 4)
    try workshop.train(Recipes.seed, "collapsed", ["--max-steps", "2"])
    try workshop.train(Recipes.seed, "kept", ["--max-steps", "2", "--whitespace", "keep"])
    let rows = try String(contentsOfFile: "\(workshop.validation)/metadata.csv", encoding: .utf8)
    let spaced = rows.split(separator: "\n").enumerated().map { $0 == 0 ? String($1) : $1 + "  " }
    try Data(spaced.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: "\(workshop.validation)/metadata.csv"))
    struct Report: Decodable {
      struct Inner: Decodable { let referenceLength: Int? }
    }
    func evaluation(_ run: String) throws -> String {
      let result = try akuru([
        "evaluate", "--checkpoint", workshop.path(run), "--data", workshop.validation, "--samples", "1",
      ])
      #expect(result.exitCode == 0, "\(result.transcript)")
      return result.stdout
    }
    let first = String(rows.split(separator: "\n")[1].split(separator: ",")[1])
    #expect(try evaluation("collapsed").contains("\t\(first)\t"))
    #expect(try evaluation("kept").contains("\t\(first)  \t"))
    // A run keeps its policy.
    expectFailure(
      try akuru(workshop.training(Recipes.seed, "kept", ["--max-steps", "3", "--resume", "--whitespace", "collapse"])),
      2,
      ["--whitespace collapse contradicts the run that is resumed (keep)"])
  }

  @Test func theDirectionOfLinesIsPartOfTheModel() throws {
    let workshop = try Workshop(train: 16, validation: 4)
    try workshop.train(Recipes.seed, "upright", ["--max-steps", "2"])
    // The same images, turned.
    for place in [workshop.train, workshop.validation] {
      for name in try FileManager.default.contentsOfDirectory(atPath: place) where name.hasSuffix(".png") {
        let image = try PNG.read(path: "\(place)/\(name)")
        try PNG.write(image.turnedClockwise(), to: "\(place)/\(name)")
      }
    }
    try workshop.train(Recipes.seed, "turned", ["--max-steps", "2", "--lines", "vertical"])
    func evaluation(_ run: String) throws -> String {
      let result = try akuru(["evaluate", "--checkpoint", workshop.path(run), "--data", workshop.validation, "--json"])
      #expect(result.exitCode == 0, "\(result.transcript)")
      return result.stdout
    }
    let metrics = [try workshop.metrics("upright", "evaluation"), try workshop.metrics("turned", "evaluation")]
    #expect(metrics[0].map(\.loss) == metrics[1].map(\.loss) && !metrics[0].isEmpty)
    #expect(try evaluation("turned").contains("\"loss\""))
  }

  /// What the machine refuses is never bad data: nothing is left out, and the status is 4.
  @Test(arguments: ["0.gt.txt", "0.png"]) func whatTheMachineRefuses(_ name: String) throws {
    let workshop = try Workshop(train: 2, validation: 1)
    let folder = workshop.path("pairs")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: "\(workshop.train)/0.png", toPath: "\(folder)/0.png")
    try GlyphData.write(["a"], to: "\(folder)/0.gt.txt")
    chmod("\(folder)/\(name)", 0)
    // Where every user may write.
    let output = workshop.path("output")
    try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
    chmod(output, 0o777)
    for command in [["check"], ["check", "--fix", output + "/fixed.jsonl"], ["stats"]] {
      let arguments = [command[0], folder] + command.dropFirst()
      let result =
        getuid() == 0
        ? try run(
          "/usr/bin/setpriv",
          [
            "--reuid=65534", "--regid=65534", "--clear-groups", "env", "-i", "HOME=/tmp", "TMPDIR=/tmp",
            try product("akuru"),
          ]
            + arguments)
        : try akuru(arguments)
      expectFailure(result, 4, ["pairs/\(name): Permission denied"])
    }
    #expect(!FileManager.default.fileExists(atPath: output + "/fixed.jsonl"))
  }
}
