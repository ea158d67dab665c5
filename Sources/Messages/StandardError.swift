import Foundation

/// Writes a line to standard error.
package func printError(_ text: String) {
  try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
}
