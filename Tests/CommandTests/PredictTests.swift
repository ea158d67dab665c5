import Foundation
import Images
import TestSupport
import Testing

/// `akuru predict`: what it takes, what it writes, and what does not stop it.
@Suite struct PredictTests {
  /// A workshop with a finished run of one step, and a folder of images of which one is bad.
  private func workshopWithRun() throws -> Workshop {
    let workshop = try Workshop(train: 10, validation: 4)
    try workshop.train(Recipes.seed, "run", ["--max-steps", "1"])
    let files = FileManager.default
    try files.createDirectory(atPath: workshop.path("photos/sub"), withIntermediateDirectories: true)
    for (i, name) in ["b.png", "a.png", "C.PNG", "sub/d.png"].enumerated() {
      try files.copyItem(atPath: "\(workshop.validation)/\(i).png", toPath: workshop.path("photos/\(name)"))
    }
    try GlyphData.write(["hello"], to: workshop.path("photos/bad.jpg"))
    try GlyphData.write(["notes"], to: workshop.path("photos/notes.md"))
    return workshop
  }

  private func names(_ result: ProcessResult) -> [String] {
    result.stdout.split(separator: "\n").map { line in
      String(line.split(separator: "\t")[0].split(separator: "/").last ?? "")
    }
  }

  @Test(arguments: [nil, 2]) func foldersAndFilesInOrder(ranks: Int?) throws {
    let workshop = try workshopWithRun()
    let arguments = ["predict", "--checkpoint", workshop.path("run"), workshop.path("photos/sub/d.png")]
    let result = try akuru(ranks: ranks, arguments + [workshop.path("none.png"), workshop.path("photos")])
    #expect(
      result.exitCode == 3 && names(result) == ["d.png", "C.PNG", "a.png", "b.png", "d.png"], "\(result.transcript)")
    let errors = result.stderr.split(separator: "\n")
    #expect(errors.count == 2 && errors[0].contains("/none.png: cannot read: No such file"), "\(result.transcript)")
    #expect(errors[1].contains("/photos/bad.jpg: not a PNG, JPEG, TIFF or WebP image but text"), "\(result.transcript)")

    try FileManager.default.createDirectory(atPath: workshop.path("empty"), withIntermediateDirectories: false)
    let empty = try akuru(ranks: ranks, arguments + [workshop.path("empty")])
    #expect(empty.exitCode == 3 && names(empty) == ["d.png"], "\(empty.transcript)")
    let suffixes = ".png, .jpg, .jpeg, .jpe, .jfif, .tif, .tiff or .webp"
    #expect(empty.stderr.contains("/empty: holds no \(suffixes)"), "\(empty.transcript)")
  }

  @Test func listOnStandardInput() throws {
    let workshop = try workshopWithRun()
    let command =
      "printf 'photos/b.png\\r\\n\\n\\377\\nphotos/none.png\\nphotos/a.png' | \"$1\" predict --checkpoint run -"
    let result = try run("bash", ["-c", command, "bash", product("akuru")], directory: workshop.path(""))
    #expect(result.exitCode == 3 && names(result) == ["b.png", "a.png"], "\(result.transcript)")
    #expect(result.stderr.contains("standard input: line 3 is not UTF-8"), "\(result.transcript)")
    #expect(result.stderr.split(separator: "\n").count == 2, "\(result.transcript)")
    let both = try run(
      "bash",
      [
        "-c", "echo photos/b.png | \"$1\" predict --checkpoint run photos/a.png - photos/C.PNG", "bash",
        product("akuru"),
      ],
      directory: workshop.path(""))
    #expect(both.exitCode == 0 && names(both) == ["a.png", "b.png", "C.PNG"], "\(both.transcript)")
  }

  /// Lists of `find -print0`, and what a Windows editor puts before a list.
  @Test(arguments: [
    ("photos/b.png\\0photos/a.png\\0", 0, ["b.png", "a.png"]),
    ("photos/b.png\\0photos/a.png", 0, ["b.png", "a.png"]),
    ("\\357\\273\\277photos/b.png\\r\\nphotos/a.png\\n", 0, ["b.png", "a.png"]),
    ("\\357\\273\\277photos/b.png\\0", 0, ["b.png"]),
    ("photos/a\\nb.png\\0photos/a.png\\0", 0, ["a\\nb.png", "a.png"]),
    ("photos/b.png", 0, ["b.png"]), ("", 0, []),
  ]) func listsOfOtherPrograms(list: String, status: Int32, read: [String]) throws {
    let workshop = try workshopWithRun()
    try FileManager.default.copyItem(
      atPath: workshop.path("photos/a.png"), toPath: workshop.path("photos/a\nb.png"))
    let command = "printf '\(list)' | \"$1\" predict --checkpoint run -"
    let result = try run("bash", ["-c", command, "bash", product("akuru")], directory: workshop.path(""))
    #expect(result.exitCode == status && names(result) == read && result.stderr.isEmpty, "\(result.transcript)")
  }

  /// Every format that is read, by its first bytes, and the names of those that are not.
  @Test func folderOfManyFormats() throws {
    let workshop = try workshopWithRun()
    let seeds = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fuzz/Seeds").standardizedFileURL
    let sources = [
      "1.png": "png/exif-orientation-6", "2.tif": "tiff/group4--white-is-1", "3.webp": "webp/31x17-lossy-3-channels",
      "4.jpe": "jpeg/color", "5.JFIF": "jpeg/gray", "6.TIFF": "tiff/RGB-jpeg", "7.bmp": "png/gray8",
    ]
    let folder = workshop.path("many")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    for (name, source) in sources {
      try FileManager.default.copyItem(atPath: seeds.appendingPathComponent(source).path, toPath: "\(folder)/\(name)")
    }
    for (name, start) in [("8.bmp", "BM and more"), ("9.pdf", "%PDF-1.4"), ("notes.md", "GIF89a")] {
      try GlyphData.write([start], to: "\(folder)/\(name)")
    }
    let result = try akuru(["predict", "--checkpoint", workshop.path("run"), folder])
    #expect(result.exitCode == 3 && names(result) == sources.keys.sorted(), "\(result.transcript)")
    let errors = result.stderr.split(separator: "\n")
    #expect(errors.count == 2, "\(result.transcript)")
    #expect(errors.first?.contains("/8.bmp: not a PNG, JPEG, TIFF or WebP image but a BMP image") == true, "\(errors)")
    #expect(errors.last?.contains("/9.pdf: ") == true && errors.last?.contains("a PDF document") == true, "\(errors)")
  }

  /// What the machine refuses says nothing about the image.
  @Test(.enabled(if: geteuid() != 0)) func noPermissionIsNoBadImage() throws {
    let workshop = try workshopWithRun()
    chmod(workshop.path("photos/a.png"), 0)
    let result = try akuru(["predict", "--checkpoint", workshop.path("run"), workshop.path("photos")])
    #expect(result.exitCode == 4 && names(result) == ["C.PNG", "b.png", "d.png"], "\(result.transcript)")
    #expect(result.stderr.contains("/a.png: cannot read: Permission denied"), "\(result.transcript)")
  }

  /// A result is there before the next image is named.
  @Test func resultsComeAsImagesDo() throws {
    let workshop = try workshopWithRun()
    let pipe = workshop.path("list")
    #expect(mkfifo(pipe, 0o600) == 0)
    let reader = try RunningProcess(
      "bash", ["-c", "exec \"$1\" predict --checkpoint run - < list", "bash", product("akuru")],
      directory: workshop.path(""))
    let list = try #require(FileHandle(forWritingAtPath: pipe))
    for (i, name) in ["b.png", "a.png", "C.PNG"].enumerated() {
      try list.write(contentsOf: Data("photos/\(name)\n".utf8))
      #expect(
        waitUntil(30) { reader.stdout.split(separator: "\n").count == i + 1 }, "\(reader.stdout) \(reader.stderr)")
    }
    try list.close()
    let result = try reader.wait(timeout: 30)
    #expect(result.exitCode == 0 && names(result) == ["b.png", "a.png", "C.PNG"], "\(result.transcript)")
  }

  @Test func textsBesideImages() throws {
    let workshop = try workshopWithRun()
    let arguments = ["predict", "--checkpoint", workshop.path("run"), "--write-text", workshop.path("photos")]
    let kept = workshop.path("photos/a.txt")
    try GlyphData.write(["precious"], to: kept)
    let result = try akuru(arguments)
    #expect(result.exitCode == 4 && names(result) == ["C.PNG", "a.png", "b.png", "d.png"], "\(result.transcript)")
    #expect(result.stderr.contains("\(kept): exists already and is not replaced"), "\(result.transcript)")
    func text(_ name: String) throws -> String {
      try String(contentsOfFile: workshop.path("photos/\(name)"), encoding: .utf8)
    }
    #expect(try text("a.txt") == "precious\n")
    let printed = result.stdout.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)[1]
    }
    #expect(try [text("C.txt"), text("b.txt")] == ["\(printed[0])\n", "\(printed[2])\n"])
    let again = try akuru(arguments + ["--overwrite"])
    #expect(again.exitCode == 3, "\(again.transcript)")
    #expect(try text("a.txt") == "\(printed[1])\n")
    expectFailure(
      try akuru(["predict", "--checkpoint", workshop.path("run"), "--overwrite", "x.png"]), 2,
      ["--overwrite goes with --output or --write-text"])
  }

  /// JPEG images through every door: check, train, predict.
  @Test func jpegImagesAreImages() throws {
    let workshop = try Workshop(train: 10, validation: 3)
    let seeds = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fuzz/Seeds/jpeg").standardizedFileURL
    for (i, name) in ["color", "progressive", "gray"].enumerated() {
      try workshop.spoil("\(i).jpg", try Data(contentsOf: seeds.appendingPathComponent(name)))
      try workshop.spoilMetadata(line: i + 1, "\(i).jpg,a")
      try FileManager.default.removeItem(atPath: "\(workshop.train)/\(i).png")
    }
    let check = try akuru(["check", workshop.train])
    #expect(check.exitCode == 0 && check.stdout.contains("10 good and 0 bad"), "\(check.transcript)")
    try workshop.train(ranks: 2, Recipes.seed, "run", ["--max-steps", "2"])
    let result = try akuru(["predict", "--checkpoint", workshop.path("run"), workshop.train])
    #expect(result.exitCode == 0 && names(result).prefix(2) == ["0.jpg", "1.jpg"], "\(result.transcript)")
    try workshop.spoil("1.jpg", try Data(contentsOf: seeds.appendingPathComponent("cmyk")))
    let cmyk = try akuru(["check", workshop.train])
    #expect(cmyk.exitCode == 3 && cmyk.stdout.contains("1.jpg: a CMYK JPEG"), "\(cmyk.transcript)")
  }
}
