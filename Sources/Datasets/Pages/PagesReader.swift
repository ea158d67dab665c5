import Files
import Images
import Messages

/// Reads the lines of pages: PAGE-XML and ALTO files of one folder.
struct PagesReader: GroundTruthReader {
  let folder: GroundTruthFolder
  /// The names of the files, in the order of reading.
  let names: [String]

  func read(into records: inout RecordCollector) throws(DataSetError) {
    records.form = .xml
    for name in names {
      var document: PageDocument
      let page: Page
      do throws(DataSetError) {
        document = try PageDocument.read(try PagesReader.contents(folder.file(name)), path: folder.file(name))
        page = try PagesReader.page(of: &document, name, in: folder)
      } catch {
        if error.isOfMachine { throw error }
        try records.addBad(folder.prefix + name, error.reason, in: folder)
        continue
      }
      if let note = page.noteOfTurn { records.leave(page.path, .unclearTurn, note) }
      try add(document, page, name, to: &records)
    }
  }

  private func add(
    _ document: PageDocument, _ page: Page, _ name: String, to records: inout RecordCollector
  ) throws(DataSetError) {
    let types = Set(records.options.lineTypes)
    var others = 0
    for line in document.lines {
      if !types.isEmpty && types.isDisjoint(with: line.types) {
        others += 1
        continue
      }
      let path = folder.prefix + name + "#" + line.id
      let text = line.text.map { records.options.text.applied(to: $0) } ?? ""
      if let fault = line.fault {
        try records.add(path, text: line.text ?? "", size: page.size, fault: fault, in: folder)
      } else if text.isEmpty {
        records.leave(joinPath(folder.root, path), .lineWithoutText, "the line has no text, so it is not used")
      } else if let refusal = line.outline.refusal(of: document) {
        if refusal.isNoArea {
          records.leave(joinPath(folder.root, path), .lineWithoutArea, "\(refusal); the line is not used")
        } else {
          try records.add(path, text: line.text ?? "", size: page.size, fault: refusal.description, in: folder)
        }
      } else {
        let origin = Record.Origin.line(LineOfPage(page: page, id: line.id, outline: line.outline))
        try records.add(path, text: line.text ?? "", size: page.size, origin: origin, in: folder)
      }
    }
    if others > 0 {
      let wanted = records.options.lineTypes.joined(separator: ",")
      records.leave(
        folder.file(name), .lineOfAnotherType, "\(counted(others, "line")) of other types than --line-types \(wanted)")
    }
  }

  static func contents(_ path: String) throws(DataSetError) -> [UInt8] {
    try readFile(path, limit: PageLimits.bytes, limitName: "\(PageLimits.bytes >> 20) MiB")
  }

  /// The page of a document, with its image: named by the document, or like the document, beside it or in the folder above. The
  /// document takes the image's size if it says none.
  static func page(
    of document: inout PageDocument, _ name: String, in folder: GroundTruthFolder
  ) throws(DataSetError) -> Page {
    let place = folder.prefix + name
    let slash = place.utf8.lastIndex(of: UInt8(ascii: "/")).map { place.utf8.index(after: $0) } ?? place.startIndex
    let beside = String(place[..<slash])
    let stem = String(place[slash...].dropLast(4))
    let parent = Files.folder(of: String(beside.dropLast()))
    let above = beside.isEmpty ? "../" : parent == "." ? "" : parent + "/"
    let file = folder.file(name)
    var names = ImageFormat.suffixes.map { stem + $0 }
    if let given = document.imageName {
      // OCR-D's names are paths from the folder above, as in OCR-D-IMG/X.tif.
      names.insert(contentsOf: [given, lastPart(given)].filter { !$0.isEmpty && !FileLocator.leadsOut($0) }, at: 0)
    }
    for directory in [beside, above] {
      for name in names where FileLocator.refusal(of: name) == nil {
        let path = joinPath(folder.root, directory + name)
        let status: FileStatus?
        do throws(FileError) { status = try FileStatus.following(path) } catch { throw DataSetError(error) }
        guard let status, status.kind == .file else { continue }
        let view = try checkSize(of: &document, file, path)
        return Page(
          path: file, imagePath: path, size: status.size, isStored: view == .stored, hasUnclearTurn: view == .unclear)
      }
    }
    throw .malformed(
      path: file, place: "its image",
      reason: "\(quoted(names[0])) is neither beside it nor in the folder above; add the image")
  }

  /// Checks that the image has the size that the document says, and takes its size where the document says none.
  ///
  /// An image that cannot be read is not looked at further: the audit says why.
  ///
  /// - Returns: which view of the image the document is about.
  private static func checkSize(
    of document: inout PageDocument, _ file: String, _ image: String
  ) throws(DataSetError) -> View {
    let size: ImageSize
    do throws(ImageError) {
      size = try ImageFile.size(path: image, limits: .page)
    } catch {
      if error.exitStatus == .inputOutput { throw .inputOutput(error.description) }
      return .shown
    }
    let usual = size.changesInPlace ? View.unclear : .shown
    guard let said = document.size else {
      document.size = (size.width, size.height)
      return usual
    }
    if said == (size.width, size.height) { return usual }
    guard size.isTurned && said == (size.height, size.width) else {
      throw .malformed(
        path: file, place: "its image",
        reason:
          "\(lastComponent(image)) has \(size.width) x \(size.height) pixels, and the file says \(said.width) x "
          + "\(said.height), so the lines would be cut elsewhere; take the image that the file was made for")
    }
    return .stored
  }

  /// The image of a page that EXIF turns or mirrors, as people see it or as it is stored; unclear where both have the same size.
  private enum View { case shown, stored, unclear }

  /// The last part of a path with either kind of slash.
  private static func lastPart(_ path: String) -> String {
    path.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
  }
}

extension LineOutline {
  /// Why the line cannot be cut, as far as the document tells it.
  fileprivate func refusal(of document: PageDocument) -> LineError? {
    if let size = document.size { return refusal(onPageWidth: size.width, height: size.height) }
    return polygon.isEmpty && box == nil ? .noHeight(baselinePoints: baseline.count) : nil
  }
}

extension LineError {
  /// Whether the line is nowhere on its page.
  fileprivate var isNoArea: Bool {
    switch self {
    case .noHeight, .noArea, .outsidePage: true
    case .tooManyPoints, .badCoordinate, .tooLarge: false
    }
  }
}
