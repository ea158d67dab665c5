import Foundation
import Files

/// Finds lines of pages that a list names, as in `PAGE.xml#LINE`. It keeps the last page.
struct LineLookup {
  private let folder: GroundTruthFolder
  /// The lines by the bytes of their names: names that are canonically equivalent differ.
  private var last: (name: String, page: Page, lines: [[UInt8]: PageDocument.Line])?

  /// What to say of pages whose image may be turned, by their paths.
  private(set) var notes: [String: String] = [:]

  init(_ folder: GroundTruthFolder) { self.folder = folder }

  /// The page's file and the line's name; nil for other names.
  static func parts(of name: String) -> (file: String, id: String)? {
    // Lists of many images ask this of each.
    guard name.utf8.contains(UInt8(ascii: "#")) else { return nil }
    guard let hash = name.range(of: ".xml#", options: .literal) ?? name.range(of: ".XML#", options: .literal) else {
      return nil
    }
    let file = name[..<name.utf8.index(before: hash.upperBound)]
    return (String(file), String(name[hash.upperBound...]))
  }

  /// The line, or why there is none.
  mutating func line(_ id: String, of name: String) throws(DataSetError) -> Result<LineOfPage, DataSetError> {
    do throws(DataSetError) {
      if last.map({ sameScalars($0.name, name) }) != true {
        var document = try PageDocument.read(try PagesReader.contents(path(of: name)), path: path(of: name))
        let page = try page(of: &document, name)
        notes[page.path] = page.noteOfTurn
        last = (name, page, Dictionary(document.lines.map { (Array($0.id.utf8), $0) }) { first, _ in first })
      }
    } catch {
      if error.isOfMachine { throw error }
      return .failure(error)
    }
    guard let last, let line = last.lines[Array(id.utf8)] else {
      let reason = "the file has no such line; take it out of the list, or mend its name"
      return .failure(.malformed(path: path(of: name), place: quoted(id), reason: reason))
    }
    if let fault = line.fault { return .failure(.malformed(path: path(of: name), place: quoted(id), reason: fault)) }
    return .success(LineOfPage(page: last.page, id: id, outline: line.outline))
  }

  private func isAbsolute(_ name: String) -> Bool { name.utf8.first == UInt8(ascii: "/") }

  private func path(of name: String) -> String { isAbsolute(name) ? name : folder.file(name) }

  private func page(of document: inout PageDocument, _ name: String) throws(DataSetError) -> Page {
    guard isAbsolute(name) else { return try PagesReader.page(of: &document, name, in: folder) }
    let place = GroundTruthFolder(root: Files.folder(of: name))
    return try PagesReader.page(of: &document, lastComponent(name), in: place)
  }
}
