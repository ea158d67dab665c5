extension String {
  /// The text as one word of a shell: in quotes where it needs them.
  package var shellWord: String {
    let plain = unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_./,+=:@%".unicodeScalars.contains($0)
    }
    return plain && !isEmpty && !hasPrefix("-")
      ? self : "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
