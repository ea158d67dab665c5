import Datasets
import Foundation
import Messages
import TestSupport
import Testing

@Suite struct FolderSearchTests {
  /// Ground truth is kept in a folder for each book.
  @Test func foldersInFolders() throws {
    let folder = try TemporaryDirectory()
    for place in ["b/2", "b/1", "a", ""] {
      let prefix = place.isEmpty ? "" : place + "/"
      try folder.add(prefix + "1.png", "12").add(prefix + "1.gt.txt", place)
    }
    try folder.add("lists/metadata.csv", "file_name,text\nx/3.png,three\n").add("lists/x/3.png", "").add(
      "lists/x/4.png", "")
    try folder.add("docs/logo.png", "").add("docs/README.txt", "").add(".git/1.png", "").add(".git/1.gt.txt", "hidden")
    let dataSet = try DataSet.load(folder.path)
    #expect(dataSet.records.map(\.path) == ["1.png", "a/1.png", "b/1/1.png", "b/2/1.png", "lists/x/3.png"])
    #expect(dataSet.records.map(\.text) == ["", "a", "b/1", "b/2", "three"])
    #expect(dataSet.records.map(\.book) == ["", "a", "b/1", "b/2", "lists/x"])
    #expect(dataSet.records.map(\.absolutePath) == dataSet.records.map { folder.path + "/" + $0.path })
    #expect(dataSet.leftOut.map(\.path) == ["\(folder.path)/lists/x/4.png", "\(folder.path)/docs"])
    #expect(dataSet.leftOut.allSatisfy { !$0.isProblem } && dataSet.leftOut[1].detail.contains("1 image without texts"))
  }

  @Test func nothingAnywhere() throws {
    let folder = try TemporaryDirectory()
    try folder.add("a/1.bmp", "").add("a/b/2.txt", "").add("c/3.json", "[]").add("c/4.xml", "<TEI/>")
    expectLoadError(
      folder.path, ["1 text, 1 XML file that is neither PAGE nor ALTO, 2 other files in 4 folders", "PAGE-XML"])
  }

  /// A text without its image is a mistake wherever it is.
  @Test func lostPartners() throws {
    let folder = try TemporaryDirectory().add("a/1.png", "").add("a/1.gt.txt", "x").add("b/2.gt.txt", "y").add(
      "a/3.png", "")
    let leftOut = try DataSet.load(folder.path).leftOut
    #expect(leftOut.map(\.path) == ["a/3.png", "b/2.gt.txt"].map { folder.path + "/" + $0 })
    #expect(leftOut.allSatisfy { $0.isProblem })
  }

  /// Beside pages, too; another version of a page's image is no stranger.
  @Test func lostPartnersBesidePages() throws {
    let folder = try TemporaryDirectory()
    let page = """
      <PcGts><Page imageFilename="1.png" imageWidth="40" imageHeight="30"><TextRegion><TextLine id="l"><Coords points="1,1 30,1 30,20"/>
      <TextEquiv><Unicode>x</Unicode></TextEquiv></TextLine></TextRegion></Page></PcGts>
      """
    try folder.add("1.xml", page).add("1.png", picture(width: 40, height: 30, seed: 1)).add("1.bin.png", "")
    try folder.add("2.png", "").add("3.gt.txt", "y").add("1.txt", "x").add("notes.txt", "")
    let dataSet = try DataSet.load(folder.path)
    #expect(dataSet.records.map(\.path) == ["1.xml#l"])
    let problems = dataSet.leftOut.filter(\.isProblem)
    #expect(problems.map(\.path) == ["\(folder.path)/3.gt.txt"])
    let others = dataSet.leftOut.filter { !$0.isProblem && $0.kind == .unlistedImage }
    #expect(others.count == 1 && others[0].detail.contains("1 image without texts, such as \"2.png\""), "\(others)")
  }

  /// A link that leads nowhere is one bad file, not the end of the data set.
  @Test func danglingLinks() throws {
    let folder = try TemporaryDirectory().add("1.png", "").add("1.gt.txt", "x")
    try FileManager.default.createSymbolicLink(atPath: folder.file("page.xml"), withDestinationPath: "nowhere")
    try #require(mkfifo(folder.file("pipe.xml"), 0o600) == 0)
    let dataSet = try DataSet.load(folder.path)
    #expect(dataSet.records.map(\.path) == ["1.png"])
    #expect(dataSet.leftOut.map(\.path) == ["page.xml", "pipe.xml"].map { folder.file($0) })
    #expect(dataSet.leftOut.allSatisfy { $0.isProblem })
  }

  @Test func deepFolders() throws {
    let folder = try TemporaryDirectory()
    let deep = (0..<70).map { "d\($0)" }.joined(separator: "/")
    expectLoadError(try folder.add(deep + "/1.png", "").path, ["the depth of folders", "64"])
  }

  /// `akuru split` writes lists beside pairs: the folder stays what it was.
  @Test func listsBesidePairs() throws {
    let folder = try TemporaryDirectory().add("book/1.png", "").add("book/1.gt.txt", "x")
    try folder.add("train.jsonl", "{\"file_name\":\"book/1.png\",\"text\":\"y\"}\n").add(
      "labels.csv", "filename,words\n")
    #expect(try DataSet.load(folder.path + "/book").records.map(\.text) == ["x"])
    try FileManager.default.removeItem(atPath: folder.path + "/labels.csv")
    #expect(try DataSet.load(folder.path).records.map(\.text) == ["x"])
  }

  @Test func whatTheMachineRefusesIsNoBadData() throws {
    guard getuid() != 0 else { return }
    let folder = try TemporaryDirectory().add("1.png", "").add("1.gt.txt", "x")
    chmod(folder.path + "/1.gt.txt", 0)
    let error = dataSetError { _ = try DataSet.load(folder.path) }
    #expect(error?.isOfMachine == true && error?.exitStatus == .inputOutput)
  }
}
