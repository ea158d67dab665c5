import Files

/// A data set as named on the command line: folders separated by commas, each optionally followed by a colon and a
/// weight, as in `a:2,b:0.5`. An argument, or a part of it, that is itself the path of a folder is not split.
package struct DataSetArgument: Sendable, Equatable {
  package var folders: [String] = []
  /// How often each folder's images are drawn in an epoch, see ``Mixture``; 1 by default.
  package var weights: [Double] = []

  package static let largestWeight = 1000.0

  /// - Throws: ``DataSetError/argument(reason:)``.
  package init(_ argument: String) throws(DataSetError) {
    let parts =
      DataSetArgument.isFolder(argument)
      ? [argument]
      : argument.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { String($0)! }
    for part in parts {
      var (folder, weight) = (part, 1.0)
      if !DataSetArgument.isFolder(part), let match = part.wholeMatch(of: /(.*):([0-9]{1,6}(\.[0-9]*)?)/) {
        folder = String(match.1)
        weight = Double(match.2) ?? 0
        guard weight > 0 && weight <= DataSetArgument.largestWeight, (match.3 ?? "").utf8.count <= 7 else {
          throw .argument(
            reason: "data set \(quoted(argument)): a weight must be above 0, at most 1000, with up to 6 decimals")
        }
      }
      guard !folder.isEmpty else {
        throw .argument(reason: "data set \(quoted(argument)): a folder's name is empty; write FOLDER or FOLDER,FOLDER")
      }
      folders.append(folder)
      weights.append(weight)
    }
  }

  /// Whether all weights are 1.
  package var isPlain: Bool { weights.allSatisfy { $0 == 1 } }

  private static func isFolder(_ path: String) -> Bool { FileStatus(path: path, followLink: true)?.kind == .folder }
}
