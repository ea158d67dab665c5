import Foundation

/// The output folder of an ImageFolder data set: `[SPLIT/]images/000001.png` and `[SPLIT/]metadata.csv`.
struct DatasetFolder {
  let path: String

  /// "images/000001.png", numbered from 1.
  static func imageName(_ number: Int) -> String {
    let digits = String(number)
    return "images/" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits + ".png"
  }

  /// One record of metadata.csv, quoted by RFC 4180 if needed.
  static func record(_ fields: [String]) -> String {
    let quoted = fields.map { field in
      field.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
        ? "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : field
    }
    return quoted.joined(separator: ",") + "\n"
  }

  func folder(_ split: String) -> String { split.isEmpty ? path : path + "/" + split }

  /// Creates the folders of all splits, if there is no data set yet; with `overwrite`, removes the old one first.
  /// Splits that would not be replaced, and files that were not rendered here, are never removed.
  /// - Throws: `TypesettingError.output`.
  func prepare(splits: [String], overwrite: Bool) throws(TypesettingError) {
    let targets = splits.map(folder)
    for part in parts() {
      if !targets.contains(part) {
        throw .output(part, why: "holds a data set that would not be replaced; name another --output folder")
      }
      if !overwrite {
        throw .output(part, why: "already holds a data set; name another folder, or replace it with --overwrite")
      }
      if !isRendered(part) {
        throw .output(part, why: "holds a data set that was not rendered by akuru-synth; name another folder")
      }
    }
    for part in parts() { try remove(part) }
    for split in splits {
      let images = folder(split) + "/images"
      do {
        try FileManager.default.createDirectory(atPath: images, withIntermediateDirectories: true)
      } catch {
        throw .output(images, why: "cannot be made (\(reason(error))); choose a folder that can be written")
      }
    }
  }

  /// Writes the records of one split through a temporary name, so that metadata.csv is complete or missing.
  /// - Throws: `TypesettingError.output`.
  func write(metadata: String, split: String) throws(TypesettingError) {
    let file = folder(split) + "/metadata.csv"
    do {
      try Data(metadata.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
    } catch {
      throw .output(file, why: "cannot be written (\(reason(error))); make room or choose another folder")
    }
  }

  /// This folder and its direct subfolders that contain a data set or a part of one, finished or not.
  private func parts() -> [String] {
    let files = FileManager.default
    let inner = ((try? files.contentsOfDirectory(atPath: path)) ?? []).sorted().map { path + "/" + $0 }
    return ([path] + inner).filter {
      files.fileExists(atPath: $0 + "/metadata.csv") || files.fileExists(atPath: $0 + "/metadata.jsonl")
        || !images(of: $0).isEmpty
    }
  }

  /// Whether a part's contents look like output of this program, complete or not.
  private func isRendered(_ part: String) -> Bool {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: part + "/images")) ?? []
    guard all.count == images(of: part).count, !FileManager.default.fileExists(atPath: part + "/metadata.jsonl") else {
      return false
    }
    guard let handle = FileHandle(forReadingAtPath: part + "/metadata.csv") else { return true }
    defer { try? handle.close() }
    let start = Self.record(["file_name", "text"]) + Self.imageName(1) + ","
    return (try? handle.read(upToCount: start.utf8.count)) == Data(start.utf8)
  }

  /// The images of this program, recognized by their names of six or more digits.
  private func images(of part: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: part + "/images")) ?? []).filter {
      $0.hasSuffix(".png") && $0.utf8.count >= 10
        && $0.dropLast(4).utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
  }

  private func remove(_ part: String) throws(TypesettingError) {
    let names = images(of: part).map { part + "/images/" + $0 }
    let metadata = part + "/metadata.csv"
    // The records are removed first: a folder with images only is not mistaken for a data set.
    for file in (FileManager.default.fileExists(atPath: metadata) ? [metadata] : []) + names {
      do {
        try FileManager.default.removeItem(atPath: file)
      } catch {
        throw .output(file, why: "cannot be removed (\(reason(error))); remove it or name another folder")
      }
    }
  }

  private func reason(_ error: any Error) -> String {
    if let cocoa = error as? CocoaError, let inner = cocoa.userInfo[NSUnderlyingErrorKey] as? any Error {
      return reason(inner)
    }
    if let posix = error as? POSIXError { return String(cString: strerror(posix.code.rawValue)) }
    let error = error as NSError
    return error.domain == NSPOSIXErrorDomain
      ? String(cString: strerror(Int32(error.code))) : error.localizedDescription
  }
}
