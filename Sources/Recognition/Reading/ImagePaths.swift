import Datasets
import Files
import Foundation
import Images

/// A sequence of images to read.
package protocol ImagePaths: AnyObject {
  /// - Parameter waits: whether to wait for the next image; otherwise ``NextImage/later`` means that it is not known
  ///   yet.
  func next(waits: Bool) throws -> NextImage
}

/// The result of asking for the next image.
package enum NextImage {
  case image(String)
  /// An argument that is no image, or contains none, and the error.
  case failure(String, any Error)
  case later
  case end
}

/// Images as arguments name them: a file; a folder, which stands for its images and those of the folders in it, in the order of
/// their names; `-` for paths on standard input, one per line or with a NUL after each, as `find -print0` writes them. PAGE-XML and
/// ALTO files of a folder come before its images, so that the images that belong to them can be left out.
package final class ImageArguments: ImagePaths {
  private var arguments: ArraySlice<String>
  /// The rest of the current folder, or of standard input.
  private var folder: ArraySlice<String> = []
  /// What of the current folder cannot be read.
  private var failures: ArraySlice<(path: String, error: any Error)> = []
  private var lines: InputLines?
  /// Images that are not given when a folder is searched.
  private var leftOut: Set<String> = []

  package init(_ arguments: [String]) {
    self.arguments = arguments[...]
  }

  package func next(waits: Bool) throws -> NextImage {
    while true {
      if let failure = failures.popFirst() { return .failure(failure.path, failure.error) }
      if let path = folder.popFirst() {
        if !leftOut.isEmpty, leftOut.contains(resolvedPath(path) ?? path) { continue }
        return .image(path)
      }
      if let lines {
        let next = lines.next(waits: waits)
        if case .end = next { self.lines = nil } else { return next }
      }
      guard let argument = arguments.popFirst() else { return .end }
      if argument == "-" {
        lines = InputLines()
        continue
      }
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: argument, isDirectory: &isFolder), isFolder.boolValue else {
        return .image(argument)
      }
      let found = FolderOfImages(argument)
      (folder, failures) = (found.paths[...], found.failures[...])
      if folder.isEmpty && failures.isEmpty {
        let why = "holds no \(ImageFormat.suffixList) and no page, nor do the folders in it"
        return .failure(argument, UnreadableImage("\(argument): \(why)"))
      }
    }
  }

  /// Leaves an image out of folders from now on, since it belongs to a page.
  package func leaveOut(_ image: String) { leftOut.insert(resolvedPath(image) ?? image) }
}

/// The images and pages in a folder and in the folders below it, links followed as for data sets.
private struct FolderOfImages {
  /// Of the pages, then of the images. Images of formats that are not read are among them: reading tells their names. What begins with a
  /// dot is left out.
  private(set) var paths: [String] = []
  /// Folders that cannot be read; the others are.
  private(set) var failures: [(path: String, error: any Error)] = []
  /// The folders above the current one: a link to one of them would lead in a circle.
  private var ancestors: Set<FileStatus.Identity> = []

  init(_ folder: String) {
    var files: [String] = []
    visit(folder, depth: 0, &files)
    let images = files.filter { ImageFormat.stem(ofName: $0) != nil || ImageFormat.isOfOtherFormat(name: $0) }
    paths = files.filter { PageToRead.isNamed($0) && PageToRead.isPage($0) } + images
  }

  private mutating func visit(_ folder: String, depth: Int, _ files: inout [String]) {
    do throws(FileError) {
      guard depth <= DataSetLimits.depth else { throw FileError("read the folder", folder, code: ELOOP) }
      guard let identity = try FileStatus.following(folder)?.identity, ancestors.insert(identity).inserted else {
        return
      }
      defer { ancestors.remove(identity) }
      let start = folder.hasSuffix("/") ? folder : folder + "/"
      let entries = try folderEntries(folder).filter { !$0.name.hasPrefix(".") }
      for entry in entries.sorted(by: { pathPrecedes($0.name, $1.name) }) {
        let path = start + entry.name
        guard entry.isUTF8 else {
          failures.append((path, UnreadableImage("\(path): its name is not in UTF-8; rename it")))
          continue
        }
        let kind = entry.kind == .link ? nil : entry.kind
        if kind ?? FileStatus(path: path, followLink: true)?.kind == .folder {
          visit(path, depth: depth + 1, &files)
        } else {
          files.append(path)
        }
      }
    } catch {
      failures.append((folder, error))
    }
  }
}

/// The lines of standard input as they arrive. A list whose first piece holds a NUL is one of `find -print0`: NULs end its
/// paths, which may hold line breaks.
private final class InputLines {
  private var buffer: [UInt8] = []
  /// The byte that ends a path; nil before the first piece.
  private var separator: UInt8?
  private var isAtEnd = false
  private var number = 0
  private let name = "standard input"

  func next(waits: Bool) -> NextImage {
    while true {
      if let separator, let end = buffer.firstIndex(of: separator) {
        let line = buffer[..<end]
        buffer.removeFirst(end + 1)
        if let image = image(line) { return image }
      } else if isAtEnd {
        let line = buffer[...]
        buffer = []
        return image(line) ?? .end
      } else if buffer.count > 1 << 16 {
        isAtEnd = true
        buffer = []
        return failure("line \(number + 1) is longer than a path can be")
      } else {
        if !waits && !isReady { return .later }
        if let failure = fill() { return failure }
      }
    }
  }

  /// nil for an empty line.
  private func image(_ line: ArraySlice<UInt8>) -> NextImage? {
    number += 1
    let path = separator != 0 && line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    if path.isEmpty { return nil }
    if path.contains(0) { return failure("line \(number) holds a NUL") }
    guard let path = String(validating: path, as: UTF8.self) else { return failure("line \(number) is not UTF-8") }
    return .image(path)
  }

  private func failure(_ reason: String) -> NextImage {
    .failure(name, UnreadableImage("\(name): \(reason); write one path on each line"))
  }

  private var isReady: Bool {
    var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    return poll(&descriptor, 1, 0) != 0
  }

  private func fill() -> NextImage? {
    var piece = [UInt8](repeating: 0, count: 1 << 14)
    let count = Foundation.read(STDIN_FILENO, &piece, piece.count)
    if count < 0 && errno == EINTR { return nil }
    if count <= 0 { isAtEnd = true }
    if count < 0 { return failure(String(cString: strerror(errno))) }
    buffer += piece.prefix(max(0, count))
    // The first bytes may be a part of a byte order mark, or of a path.
    if separator == nil, buffer.contains(where: { $0 == 0 || $0 == UInt8(ascii: "\n") }) || isAtEnd {
      separator = buffer.contains(0) ? 0 : UInt8(ascii: "\n")
      if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { buffer.removeFirst(3) }
    }
    return nil
  }
}
