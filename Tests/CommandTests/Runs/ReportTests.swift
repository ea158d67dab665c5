import Files
import Foundation
import FoundationXML
import Images
import TestSupport
import Testing

/// `report.html`, which training writes and `akuru report` makes again. It is well-formed XML as well as HTML, so that a
/// strict parser can look into it.
@Suite struct ReportTests {
  // MARK: A report of a run

  /// A run of two ranks, once for all tests.
  private static let trained = Result { () throws -> Workshop in
    let workshop = try Workshop(train: 24, validation: 40)
    try workshop.train(ranks: 2, Recipes.akuru, "run", ["--max-steps", "6", "--eval-every", "3"])
    return workshop
  }

  @Test func aRunHasAReportWithAllParts() throws {
    let workshop = try Self.trained.get()
    let page = try Page(workshop.path("run/report.html"))
    #expect(page.texts("//h1") == ["run"])
    let headings = [
      "Figures", "Curves", "Samples", "Worst errors", "What is taken for what", "Time of each process", "Evaluations",
      "Configuration", "Go on from here",
    ]
    #expect(page.texts("//h2") == headings)
    for section in try page.nodes("//section") {
      let id = section.attribute("aria-labelledby")
      #expect(try page.nodes("//h2[@id='\(id)']").count == 1)
    }
    #expect(page.texts("/html/head/title") == ["run - Akuru"])
    #expect(try page.nodes("/html[@lang='en']").count == 1)
    #expect(page.text.hasPrefix("<!DOCTYPE html>\n"))
  }

  @Test func curvesShowTheValuesOfEachStep() throws {
    let workshop = try Self.trained.get()
    let page = try Page(workshop.path("run/report.html"))
    let titles = page.texts("//figure//b")
    for title in ["Loss", "Character error rate on the validation data", "Learning rate", "Images per second"] {
      #expect(titles.contains(title))
    }
    let labels = try page.nodes("//figure/svg").map { $0.attribute("aria-label") }
    #expect(labels.count == titles.count && labels.allSatisfy { $0.contains(" by step. ") })
    let steps = try workshop.metrics("run", "step")
    let evaluations = try workshop.metrics("run", "evaluation")
    let hovers = page.texts("(//figure)[1]//*[@class='at']/title")
    #expect(hovers.count == 6)
    for (hover, step) in zip(hovers, steps) {
      #expect(hover.hasPrefix("step \(step.step): training \(String(format: "%.3g", step.loss))"), "\(hover)")
    }
    #expect(hovers[2].hasSuffix(", validation \(String(format: "%.3g", evaluations[0].loss))"), "\(hovers[2])")
  }

  @Test func imagesAreShownWithTheirTexts() throws {
    let workshop = try Self.trained.get()
    let page = try Page(workshop.path("run/report.html"))
    let cards = try page.nodes("//section[@aria-labelledby='samples']//article")
    #expect(cards.count == 24)
    let csv = try String(contentsOfFile: "\(workshop.validation)/metadata.csv", encoding: .utf8)
    let texts = Dictionary(
      uniqueKeysWithValues: csv.split(separator: "\n").dropFirst().map { line in
        let fields = line.split(separator: ",")
        return (String(fields[0]), String(fields[1]))
      })
    var shown: Set<String> = []
    for card in cards {
      let path = try #require(try card.nodes(forXPath: ".//p[@class='path']").first?.stringValue)
      shown.insert(path)
      let reference = try #require(texts[path])
      #expect(try card.nodes(forXPath: ".//dd").first?.stringValue == reference)
      let image = try #require(try card.nodes(forXPath: ".//img").first as? XMLElement)
      #expect(image.attribute("alt") == "Image of the text \(reference)")
      let source = image.attribute("src")
      try #require(source.hasPrefix("data:image/png;base64,"))
      let png = try PNG.decode(Array(try #require(Data(base64Encoded: String(source.dropFirst(22))))))
      #expect("\(png.width)" == image.attribute("width") && "\(png.height)" == image.attribute("height"))
      let original = try PNG.read(path: "\(workshop.validation)/\(path)")
      #expect(
        png.height == 32 && png.width == max(4, Int((32 * Double(original.width) / Double(original.height)).rounded())))
    }
    #expect(shown.count == 24)
  }

  @Test func wordsInSinhalaAreInSinhala() throws {
    let page = try Page(Self.trained.get().path("run/report.html"))
    for text in try page.nodes("//*[local-name()='bdi' and contains(., 'ක')]") where !text.stringValue!.contains(".png")
    {
      #expect(text.attribute("lang") == "si", "\(text)")
    }
    #expect(page.text.contains("\"Noto Sans Sinhala\""))
    #expect(page.text.contains("prefers-color-scheme: dark"))
  }

  @Test func tablesHaveHeadersAndSayWhatRanksDo() throws {
    let workshop = try Self.trained.get()
    let page = try Page(workshop.path("run/report.html"))
    for table in try page.nodes("//table") {
      #expect(try table.nodes(forXPath: "./thead//th[@scope='col']").count >= 1)
      let columns = try table.nodes(forXPath: "./thead/tr/*").count
      for row in try table.nodes(forXPath: "./tbody/tr") { #expect(try row.nodes(forXPath: "./*").count == columns) }
    }
    let ranks = try page.nodes("//section[@aria-labelledby='ranks']//tbody/tr")
    #expect(try ranks.map { try $0.nodes(forXPath: "./th").first?.stringValue } == ["0", "1"])
    #expect(
      try ranks.allSatisfy { try $0.nodes(forXPath: "./td").dropFirst().first?.stringValue == "3" }, "3 steps each")
    let commands = page.texts("//pre")
    #expect(commands.contains { $0.hasPrefix("mpirun -n 2 akuru train --config ") && $0.contains("--max-steps") })
    #expect(!commands.contains { $0.contains("--resume") }, "the run is done")
    let large = page.texts("//p[@class='large']/b")
    #expect(large.count == 1 && large[0].hasSuffix(" %"), "\(large)")
    for part in ["akuru predict ", "akuru evaluate ", "akuru export "] {
      #expect(commands.contains { $0.hasPrefix(part) && $0.contains("--checkpoint \(workshop.path("run"))") })
    }
    let evaluations = try page.nodes("//section[@aria-labelledby='evaluations']//tbody/tr")
    #expect(evaluations.count == 2)
  }

  @Test func nothingIsFetchedAndNothingRuns() throws {
    let page = try Page(Self.trained.get().path("run/report.html"))
    #expect(try page.nodes("//script | //link | //iframe | //object | //@onclick | //@onload").isEmpty)
    for source in try page.nodes("//@src | //@href") {
      #expect(source.stringValue?.hasPrefix("data:image/png;base64,") == true || source.stringValue == "doubtful.tsv")
    }
    #expect(!page.text.contains("url(") && !page.text.contains("@import"))
  }

  /// What is shown does not depend on the number of ranks; the times of the ranks do.
  @Test func theSameIsFoundOnAnyNumberOfRanks() throws {
    let workshop = try Workshop(train: 16, validation: 40)
    var found: [[String]] = []
    for ranks in [1, 3] {
      try workshop.train(ranks: ranks, Recipes.akuru, "run\(ranks)", ["--max-steps", "2"])
      let page = try Page(workshop.path("run\(ranks)/report.html"))
      found.append(
        ["samples", "worst", "confusions"].flatMap { page.texts("//section[@aria-labelledby='\($0)']//*[not(*)]") })
    }
    #expect(found[0].count > 150 && found[0] == found[1])
  }

  @Test func itIsMadeAgainFromTheRunDirectory() throws {
    let workshop = try Self.trained.get()
    let output = workshop.path("again.html")
    let result = try akuru(["report", workshop.path("run"), "--output", output])
    #expect(result.exitCode == 0 && result.stdout == "\(output)\n" && result.stderr == "", "\(result.transcript)")
    func withoutDate(_ path: String) throws -> String {
      try String(contentsOfFile: path, encoding: .utf8).replacing(/<time .*<\/time>/, with: "")
    }
    #expect(try withoutDate(output) == withoutDate(workshop.path("run/report.html")))
  }

  @Test func twoRunsAreCompared() throws {
    let workshop = try Workshop(train: 16, validation: 8)
    try workshop.train(Recipes.akuru, "a", ["--max-steps", "2"])
    try workshop.train(Recipes.akuru, "b", ["--max-steps", "2", "--lr", "0.01"])
    let result = try akuru(["report", workshop.path("a"), "--compare", workshop.path("b")])
    #expect(result.exitCode == 0 && result.stdout == "\(workshop.path("a"))/compare.html\n", "\(result.transcript)")
    let page = try Page(workshop.path("a/compare.html"))
    #expect(page.texts("//h2").filter { $0 != "Read differently" } == ["Figures", "Curves", "Settings that differ"])
    let rows = try page.nodes("//section[@aria-labelledby='configuration']//tbody/tr")
    #expect(rows.map { $0.stringValue?.split(separator: "0").first } == ["lr"])
    let cer = try page.nodes("//section[@aria-labelledby='figures']//tbody/tr[1]/td").map { $0.stringValue ?? "" }
    let rates = try ["a", "b"].map { try workshop.metrics($0, "evaluation").compactMap(\.cer).min() ?? -1 }
    #expect(cer.count == 3 && cer.prefix(2) == rates.map { String(format: "%.2f %%", 100 * $0) }[...])
    #expect(page.text.contains("B training"))
  }

  // MARK: What data may hold

  @Test func dataCannotBecomeMarkup() throws {
    let workshop = try Workshop(train: 4, validation: 0)
    let text = #"<script>alert("1")</script>&amp;'"#
    let letters = text.unicodeScalars.count
    var lines = ["file_name,text"]
    for i in 0..<3 {
      try PNG.write(GrayImage(width: 16 * letters, height: 32), to: "\(workshop.validation)/<b>\(i)&.png")
      lines.append("<b>\(i)&.png,\"\(text.replacing("\"", with: "\"\""))\"")
    }
    try GlyphData.write(lines, to: "\(workshop.validation)/metadata.csv")
    try workshop.train(Recipes.akuru, "run&<i>", ["--max-steps", "1"])
    let page = try Page(workshop.path("run&<i>/report.html"))
    #expect(page.texts("//h1") == ["run&<i>"])
    #expect(!page.text.contains("<script") && !page.text.contains("<b>0") && !page.text.contains("run&<i>"))
    let escaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;&#39;"
    // Each image is a sample and one of the worst.
    #expect(page.text.split(separator: "alt=\"Image of the text \(escaped)\"").count == 7)
    for i in 0..<3 { #expect(page.text.contains("<bdi>&lt;b&gt;\(i)&amp;.png</bdi>")) }
    #expect(page.text.contains("/run&amp;&lt;i&gt;&#39; "))
  }

  /// A run directory written by hand.
  private func folder(_ files: [String: String]) throws -> TemporaryDirectory {
    let folder = try TemporaryDirectory()
    for (name, text) in files { try GlyphData.write([text], to: folder.file(name)) }
    return folder
  }

  private func snapshot(_ reference: String, _ prediction: String, edits: Int) -> String {
    """
    {"step":3,"epoch":0,"figures":{"cer":0.5,"graphemeCER":0.5,"wer":1,"exactMatch":0,"loss":null,"images":1},"samples":[
    {"path":"a.png","reference":"\(reference)","prediction":"\(prediction)","edits":\(edits),"png":"","width":0,"height":0}],
    "worst":[],"confusions":[{"reference":"\u{0DD2}","prediction":"","count":2,"images":["a.png"]}],"ranks":[]}
    """
  }

  /// Marks go around what a reader sees as one letter: a mark inside a conjunct would break it.
  @Test(arguments: [
    ("ලංකාව", "ලංතාව", ["කා"], ["තා"]), ("ශ්\u{200D}රී ලංකා", "ශ් ලංකා", ["ශ්\u{200D}රී"], ["ශ්"]),
    ("abc", "abc", [], []), ("abc", "", ["abc"], []), ("ab", "xaby", [], ["x", "y"]),
  ])
  func differencesAreMarked(reference: String, prediction: String, inReference: [String], inPrediction: [String]) throws
  {
    let folder = try folder([
      "metrics.jsonl": #"{"kind":"step","step":3}"#, "evaluation.json": snapshot(reference, prediction, edits: 1),
    ])
    #expect(try akuru(["report", folder.path]).exitCode == 0)
    let page = try Page(folder.file("report.html"))
    let texts = try page.nodes("//article//dd")
    #expect(texts.map(\.stringValue) == [reference, prediction.isEmpty ? "nothing" : prediction])
    #expect(try texts[0].nodes(forXPath: ".//mark").map(\.stringValue) == inReference)
    #expect(try texts[1].nodes(forXPath: ".//mark").map(\.stringValue) == inPrediction)
    #expect(page.text.contains("\u{25CC}\u{0DD2}</bdi> <small>U+0DD2</small>"))
  }

  @Test func damagedFilesGiveAReportOfTheRest() throws {
    let step =
      #"{"kind":"step","step":1,"epoch":0,"loss":"NaN","learningRate":1e-3,"gradientNorm":1e308,"imagesPerSecond":-5,"seconds":1,"skipped":9223372036854775807,"waiting":0}"#
    let folder = try folder([
      "metrics.jsonl": [
        "no JSON", step, step, #"{"kind":"evaluation","step":9223372036854775807}"#, #"{"step":1}"#, "{",
      ]
      .joined(separator: "\n"),
      "config.json": "[", "evaluation.json": "{}",
    ])
    let result = try akuru(["report", folder.path])
    #expect(result.exitCode == 0, "\(result.transcript)")
    let page = try Page(folder.file("report.html"))
    #expect(page.texts("//h2") == ["Curves", "Go on from here"])
  }

  @Test func aFolderWithoutARunIsRefused() throws {
    let folder = try folder(["notes.txt": "nothing"])
    expectFailure(try akuru(["report", folder.path]), 4, ["holds no run", "give the --run-dir"])
    expectFailure(try akuru(["report", folder.file("missing")]), 4, ["holds no run"])
    expectFailure(try akuru(["report"]), 2, ["<run>"])
  }

  // MARK: Training goes on without it

  @Test func aReportThatCannotBeWrittenIsWarnedOfOnce() throws {
    let workshop = try Workshop(train: 16, validation: 8)
    let recipe = Recipes.akuru + ["--max-steps", "4", "--eval-every", "1"]
    try workshop.train(recipe, "clean")
    try FileManager.default.createDirectory(atPath: workshop.path("run/report.html"), withIntermediateDirectories: true)
    let result = try workshop.train(ranks: 2, recipe, "run")
    let warnings = result.stderr.split(separator: "\n").filter {
      $0.contains("warning: ") && $0.contains("report.html")
    }
    #expect(warnings.count == 1, "\(result.transcript)")
    #expect(try workshop.checkpoints("run") == workshop.checkpoints("clean"))
  }

  /// Where Chromium is there, it shows the page without complaint.
  @Test(.enabled(if: chromium != nil, "chromium is not installed"))
  func aBrowserShowsIt() throws {
    let workshop = try Self.trained.get()
    let folder = try TemporaryDirectory()
    let result = try run(
      try #require(chromium),
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(folder.path)", "--window-size=390,844",
        "--screenshot=\(folder.file("page.png"))", "--virtual-time-budget=3000", "--enable-logging=stderr",
        "file://\(workshop.path("run/report.html"))",
      ])
    #expect(result.exitCode == 0, "\(result.transcript)")
    #expect(!result.stderr.contains("CONSOLE"), "\(result.transcript)")
    let screenshot = try Data(contentsOf: URL(fileURLWithPath: folder.file("page.png")))
    let image = try PNG.decode(Array(screenshot))
    #expect(image.width == 390 || image.width > 390, "\(image.width)")
    #expect(Set(image.pixels).count > 20, "the page is not blank")
  }
}

private let chromium: String? = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
  .first(where: FileManager.default.isExecutableFile(atPath:))

/// A page, parsed as XML.
private struct Page {
  let text: String
  private let document: XMLDocument

  init(_ path: String) throws {
    text = try String(contentsOfFile: path, encoding: .utf8)
    document = try XMLDocument(data: Data(text.utf8))
  }

  func nodes(_ path: String) throws -> [XMLNode] { try document.nodes(forXPath: path) }

  /// The texts of all nodes on a path.
  func texts(_ path: String) -> [String] { ((try? nodes(path)) ?? []).map { $0.stringValue ?? "" } }
}

extension XMLNode {
  fileprivate func attribute(_ name: String) -> String {
    (self as? XMLElement)?.attribute(forName: name)?.stringValue ?? ""
  }
}
