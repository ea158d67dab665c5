import Foundation
import Images
import TestSupport
import Testing

import Datasets

/// Splits of lines of pages, and what data sets share.
@Suite struct PageSplitTests {
  /// A list of lines of pages and of images: `pages` are names of files, each with its image and number of lines.
  private func dataSet(
    _ folder: TemporaryDirectory, _ pages: [(file: String, image: String, lines: Int)], images: Int = 0
  ) throws -> DataSet {
    var list = ""
    func add(_ name: String, _ text: String) { list += "{\"file_name\":\"\(name)\",\"text\":\"\(text)\"}\n" }
    for (file, image, lines) in pages {
      let elements = (0..<lines).map { i in
        let top = 20 * i
        return "<TextLine id=\"l\(i)\"><Coords points=\"0,\(top) 60,\(top) 60,\(top + 20) 0,\(top + 20)\"/></TextLine>"
      }
      let page = """
        <PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"><Page imageFilename="\(image)" \
        imageWidth="60" imageHeight="800"><TextRegion id="r">\(elements.joined())</TextRegion></Page></PcGts>
        """
      try folder.add(file, page).add(image, picture(width: 60, height: 800, seed: UInt64(image.utf8.count)))
      for i in 0..<lines { add("\(file)#l\(i)", ["ab", "bc", "ca"][i % 3]) }
    }
    for i in 0..<images { add("\(i)-image.png", "abc") }
    let name = "list-\(UUID().uuidString).jsonl"
    return try DataSet.load(folder.add(name, list).file(name))
  }

  private func pages(_ count: Int, lines: Int = 4) -> [(file: String, image: String, lines: Int)] {
    (0..<count).map { ("page/\($0).xml", "\($0).png", lines) }
  }

  @Test(arguments: [SplitUnit.page, nil]) func pagesStayTogether(_ unit: SplitUnit?) throws {
    let folder = try TemporaryDirectory()
    let dataSet = try dataSet(folder, pages(20))
    let split = try ValidationSplit(dataSet, by: unit, share: 0.1)
    #expect(split.unit == .page && split.validation.groups == 2 && split.train.groups == 18)
    let sides = [split.train, split.validation].map { Set($0.records.map { dataSet.records[$0].line?.page }) }
    #expect(sides[0].isDisjoint(with: sides[1]) && split.validation.records.count == 8)
    let lists = try split.lists(in: folder.path)
    #expect(lists.validation.allSatisfy { $0.contains(#"{"file_name":"page/"#) && $0.contains(".xml#l") })
    let elsewhere = try split.lists(in: folder.file("page"))
    #expect(!elsewhere.leadsOut && elsewhere.train[0].contains(#":"0.xml#l0""#), "\(elsewhere.train[0])")
    let other = try TemporaryDirectory()
    #expect(try split.lists(in: other.path).leadsOut)
    #expect(try split.lists(in: other.path).train[0].contains("\(try #require(resolved(folder)))/page/"))
  }

  private func resolved(_ folder: TemporaryDirectory) -> String? {
    realpath(folder.path, nil).map { path in
      defer { free(path) }
      return String(cString: path)
    }
  }

  /// PAGE and ALTO of one image are one page.
  @Test func filesOfOneImage() throws {
    let both = pages(6).flatMap { [$0, ("alto/" + $0.file.dropFirst(5), $0.image, 4)] }
    let dataSet = try dataSet(TemporaryDirectory(), both)
    let split = try ValidationSplit(dataSet, by: .page, share: 0.2)
    #expect(dataSet.records.count == 48 && split.validation.groups == 1 && split.validation.records.count == 8)
  }

  @Test func whatIsNotByPages() throws {
    let one = try dataSet(TemporaryDirectory(), pages(1, lines: 30))
    let error = dataSetError { _ = try ValidationSplit(one, by: .page, share: 0.4) }?.description ?? ""
    #expect(error.hasSuffix("all 30 records are of one page; --by text works"), "\(error)")
    #expect(try ValidationSplit(one, share: 0.4).unit == .text)
    // Where most images are no lines, pages do not stand for the data set. Where they do, an image is a page of its own.
    let few = try dataSet(TemporaryDirectory(), pages(2, lines: 2), images: 40)
    #expect(try ValidationSplit(few, share: 0.95, single: 0.95).unit != .page)
    let split = try ValidationSplit(dataSet(TemporaryDirectory(), pages(9), images: 3), share: 0.2)
    #expect(split.unit == .page && split.train.groups + split.validation.groups == 12)
  }

  /// One of few pages is more than the share; where that is allowed, it is taken.
  @Test func fewPages() throws {
    let dataSet = try dataSet(TemporaryDirectory(), pages(5))
    let split = try ValidationSplit(dataSet, share: 0.1, single: 0.25)
    #expect(split.unit == .page && split.validation.groups == 1)
    let error = dataSetError { _ = try ValidationSplit(dataSet, by: .page, share: 0.1) }?.description ?? ""
    #expect(error.contains("the smallest page that training can spare has 4 of 20 records"), "\(error)")
    #expect(error.contains("raise --share to 0.2"), "\(error)")
  }

  /// Lines of pages in shards are told by their names, so a run goes on with either.
  @Test func shardsAreSplitAsTheirFolder() throws {
    let folder = try TemporaryDirectory()
    let dataSet = try dataSet(folder, pages(12))
    _ = try ShardPacker(output: folder.file("shards"), shardSize: 1 << 20).pack(dataSet)
    let shards = try DataSet.load(folder.file("shards"))
    let (a, b) = (try ValidationSplit(dataSet, share: 0.2), try ValidationSplit(shards, share: 0.2))
    func paths(_ dataSet: DataSet) -> [String] { dataSet.records.map(\.path) }
    #expect(b.unit == .page && paths(a.dataSets.validation) == paths(b.dataSets.validation))
    #expect(paths(a.dataSets.train) == paths(b.dataSets.train))
  }

  // MARK: Lists of lines

  /// A list outside of the pages' folder names them by absolute paths.
  @Test func linesOfPagesElsewhere() throws {
    let (folder, other) = (try TemporaryDirectory(), try TemporaryDirectory())
    try folder.add("page/1.xml", PageSplitTests.page).add("1.png", GrayImage(width: 60, height: 40, filledWith: 255))
    for name in ["\(folder.path)/page/1.xml", "../\(URL(fileURLWithPath: folder.path).lastPathComponent)/page/1.xml"] {
      try other.add("list.jsonl", #"{"file_name": "\#(name)#l1", "text": "abc"}"#)
      try expectBadRecord(other.file("list.jsonl"), ["line 1", "--allow-outside"])
      var options = ReadingOptions()
      options.allowsOutside = true
      let records = try DataSet.load(other.file("list.jsonl"), options).records
      #expect(records[0].path == "\(name)#l1")
      #expect(records[0].fault == nil && records[0].text == "abc", "\(records[0].fault ?? "")")
      #expect(records[0].page?.imagePath.hasSuffix("/1.png") == true)
      #expect(try MetadataLines.line(of: records[0], in: folder.path) == #"{"file_name":"page/1.xml#l1","text":"abc"}"#)
    }
  }

  private static let page = """
    <?xml version="1.0" encoding="UTF-8"?>
    <PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15">
      <Page imageFilename="1.png" imageWidth="60" imageHeight="40"><TextRegion id="r"><Coords points="0,0 60,0 60,40 0,40"/>
        <TextLine id="l1"><Coords points="4,4 50,4 50,30 4,30"/><TextEquiv><Unicode>xyz</Unicode></TextEquiv></TextLine>
      </TextRegion></Page>
    </PcGts>
    """

  /// The lines of a list are as checked as those of a folder.
  @Test func anImageOfAnotherSize() throws {
    let folder = try TemporaryDirectory()
    try folder.add("1.xml", PageSplitTests.page).add("1.png", GrayImage(width: 50, height: 40, filledWith: 255))
    try folder.add("list.jsonl", #"{"file_name": "1.xml#l1", "text": "abc"}"#)
    try expectBadRecord(folder.file("list.jsonl"), ["1.png has 50 x 40 pixels", "60 x 40"])
  }

  // MARK: Shared data

  private func shared(_ validation: DataSet, _ training: DataSet, images: Int = 0) -> SharedData {
    SharedData(of: validation, with: training, images: images)
  }

  @Test func partsShareWhatTheirUnitDoesNotKeep() throws {
    let dataSet = try dataSet(TemporaryDirectory(), pages(10) + [("other/a.xml", "a.png", 4)])
    let (train, validation) = try ValidationSplit(dataSet, by: .page, share: 0.2).dataSets
    let found = shared(validation, train)
    #expect(found.pages.shared == 0 && found.pages.of == 2 && found.images == 0)
    #expect(found.texts.shared == 3 && found.texts.of == 3 && found.imagesWithText == 8)
    #expect(found.warnings(afterSplitBy: .page).count == 1, "\(found.warnings)")
    let texts = try ValidationSplit(dataSet, by: .text, share: 0.4).dataSets
    let pagesToo = shared(texts.validation, texts.train)
    #expect(pagesToo.texts.shared == 0 && pagesToo.pages.shared == pagesToo.pages.of && pagesToo.folders.shared == 2)
    #expect(pagesToo.warnings(afterSplitBy: .text).isEmpty && pagesToo.warnings.count == 2)
    #expect(
      pagesToo.warnings[0].hasPrefix("11 of 11 validation pages (100.00 %) are also training pages: "),
      "\(pagesToo.warnings)")
    #expect(
      pagesToo.warnings[1].contains("validation folders (100.00 %) are also training folders"), "\(pagesToo.warnings)")
  }

  @Test func aPageOfTheSameImage() throws {
    let folder = try TemporaryDirectory()
    let (page, alto) = (try dataSet(folder, pages(3)), try dataSet(folder, [("alto/0.xml", "0.png", 1)]))
    #expect(shared(alto, page).pages.shared == 1)
    let other = try dataSet(folder, [("alto/7.xml", "7.png", 1)])
    #expect(shared(other, page).pages.shared == 0)
  }

  @Test func textsAndImages() throws {
    let (folder, other) = (try TemporaryDirectory(), try TemporaryDirectory())
    try folder.add("a.csv", "file_name,text\n1.png,ab\n2.png,cd\n").add(
      "b.csv", "file_name,text\n3.png,ab\n4.png,ab\n5.png,ef\n")
    let (a, b) = (try DataSet.load(folder.file("a.csv")), try DataSet.load(folder.file("b.csv")))
    #expect(shared(b, a).warnings.count == 1, "one folder tells of no book")
    #expect(
      shared(b, a, images: 2).warnings == [
        "2 validation images are also training images: the error rates will look better than they are",
        "1 of 2 validation texts (50.00 %) is also a training text (2 images): the error rates say less of unseen texts; "
          + "akuru split --by text keeps texts apart",
      ], "\(shared(b, a).warnings)")
    try other.add("x.csv", "file_name,text\n1.png,gh\n")
    #expect(try shared(DataSet.load(other.file("x.csv")), a).warnings.isEmpty)
  }
}

extension MetadataLines {
  fileprivate static func line(of record: Record, in folder: String) throws -> String {
    var lines = try MetadataLines(in: folder)
    return try lines.line(record)
  }
}
