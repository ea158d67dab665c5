import ArgumentParser
import Datasets
import Files
import Foundation
import Messages
import Recognition

extension PageFormat: ExpressibleByArgument {}

/// Reads pages for `akuru predict`, and writes or prints what was read.
final class PredictPages {
  private let reader: ImageReader
  /// The folder to write to; nil prints.
  private let output: String?
  /// The arguments of the command: a page of one that is a folder keeps its folders below that.
  private let arguments: [String]
  private let format: PageFormat?
  private let printsJSON: Bool
  private let replaces: Bool
  /// The files that were written.
  private var written: Set<String> = []

  init(
    _ reader: ImageReader, of arguments: [String], output: String?, format: PageFormat?, json: Bool, overwrite: Bool
  ) {
    (self.reader, self.arguments, self.output) = (reader, arguments, output)
    (self.format, printsJSON, replaces) = (format, json, overwrite)
  }

  /// What was read of a page.
  struct Outcome {
    /// The image that belongs to the page.
    var image: String?
    /// Why the page, or lines of it, were not read, or not written.
    var errors: [any Error] = []
  }

  /// Reads a page and writes or prints it.
  /// - Throws: if nothing more can be printed.
  func read(_ path: String) throws -> Outcome {
    var outcome = Outcome()
    let transcript: PageTranscript
    do {
      let page = try PageToRead(path)
      outcome.image = page.imagePath
      if let note = page.note { printError("akuru: \(note)") }
      if let output { try requireWritable(page, output) }
      let lines = try reader.read(page)
      outcome.errors = lines.compactMap { if case .failure(let error) = $0 { error } else { nil } }
      transcript = PageTranscript(page, lines: lines.map { try? $0.get() })
    } catch {
      outcome.errors = [error]
      return outcome
    }
    guard let output else {
      try printText(transcript)
      return outcome
    }
    do {
      try write(transcript, to: output)
    } catch let error as OutputError {
      throw error
    } catch {
      outcome.errors.append(error)
    }
    return outcome
  }

  // MARK: - Printing

  private func printText(_ transcript: PageTranscript) throws {
    let bytes = try transcript.written(as: printsJSON ? .jsonl : format ?? .text, time: PredictPages.time)
    if printsJSON || format != nil {
      if !bytes.isEmpty { try printLine(String(decoding: bytes.dropLast(), as: UTF8.self)) }
      return
    }
    for (line, read) in zip(transcript.document.lines, transcript.lines) {
      guard let read else { continue }
      try printLine("\(transcript.name)#\(line.id)".onOneLine + "\t\(read.text.onOneLine)")
    }
  }

  // MARK: - Writing

  private func path(of page: String, in folder: String) -> String {
    let name = nameBelowArgument(page)
    let stem = PageToRead.isNamed(name) ? String(name.dropLast(4)) : name
    let suffix = format.map(\.suffix) ?? String(name.dropFirst(stem.count))
    return "\(folder)/\(stem)\(suffix)"
  }

  /// The path of a page from the argument on that is a folder with it; else, and for one that leads out of it again, its last component.
  private func nameBelowArgument(_ page: String) -> String {
    let folders = arguments.map { $0.hasSuffix("/") ? $0 : $0 + "/" }.filter(page.hasPrefix)
    guard let folder = folders.max(by: { $0.utf8.count < $1.utf8.count }) else { return lastComponent(page) }
    let name = page.dropFirst(folder.count)
    return name.split(separator: "/").contains("..") ? lastComponent(page) : String(name)
  }

  /// Refuses what could not be written, before the page is read.
  private func requireWritable(_ page: PageToRead, _ output: String) throws {
    let path = path(of: page.path, in: output)
    if written.contains(path) {
      throw ConfigurationError(
        "\(path): written already, for another page of that name; give that one another --output")
    }
    try requireNew(path)
  }

  private func requireNew(_ path: String) throws {
    if replaces { return }
    do {
      try requireNewFile(path)
    } catch {
      throw ConfigurationError("\(path): exists already; give another --output, or replace it with --overwrite")
    }
  }

  private func write(_ transcript: PageTranscript, to output: String) throws {
    let path = path(of: transcript.name, in: output)
    let bytes = try transcript.written(as: format, time: PredictPages.time)
    try createFolder(of: path)
    try requireNew(path)
    try AtomicFile.write(bytes, to: path)
    written.insert(path)
    let count = transcript.lines.count { $0 != nil }
    try printLine("\(path.onOneLine)\t\(counted(count, "line"))")
  }

  /// Now, as files of pages say it: UTC.
  private static var time: String {
    let format = Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day().time(includingFractionalSeconds: false)
    return Date.now.formatted(format)
  }
}
