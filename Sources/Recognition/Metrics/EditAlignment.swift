/// The differences between a prediction and its reference, element by element, by one shortest edit script.
package struct EditAlignment<Element: Equatable> {
  /// nil for `reference`: inserted; nil for `prediction`: deleted.
  package struct Edit {
    package let reference: Element?
    package let prediction: Element?
    /// The indices in the reference and in the prediction; for a missing element, the index of the next one.
    package let place: (reference: Int, prediction: Int)
  }

  /// The differences, in the order of the texts; their number is the edit distance.
  package private(set) var edits: [Edit] = []

  /// Wagner and Fischer 1974 with the whole table between the common ends. Of several shortest scripts, it picks the
  /// one that, from the end, prefers substitutions, then deletions, then insertions.
  package init(reference: [Element], prediction: [Element]) {
    var (first, a, b) = (0, reference.count, prediction.count)
    while first < min(a, b) && reference[first] == prediction[first] { first += 1 }
    while a > first && b > first && reference[a - 1] == prediction[b - 1] { (a, b) = (a - 1, b - 1) }
    let (rows, columns) = (a - first + 1, b - first + 1)
    var table = [Int32](repeating: 0, count: rows * columns)
    for j in 0..<columns { table[j] = Int32(j) }
    for i in 1..<max(1, rows) {
      table[i * columns] = Int32(i)
      for j in 1..<max(1, columns) {
        let equal = reference[first + i - 1] == prediction[first + j - 1]
        let substituted = table[(i - 1) * columns + j - 1] + (equal ? 0 : 1)
        table[i * columns + j] = min(substituted, table[(i - 1) * columns + j] + 1, table[i * columns + j - 1] + 1)
      }
    }
    var (i, j) = (rows - 1, columns - 1)
    while i > 0 || j > 0 {
      let here = table[i * columns + j]
      let (x, y) = (i > 0 ? reference[first + i - 1] : nil, j > 0 ? prediction[first + j - 1] : nil)
      if i > 0, j > 0, table[(i - 1) * columns + j - 1] + (x == y ? 0 : 1) == here {
        (i, j) = (i - 1, j - 1)
        if x != y { edits.append(Edit(reference: x, prediction: y, place: (first + i, first + j))) }
      } else if i > 0, table[(i - 1) * columns + j] + 1 == here {
        i -= 1
        edits.append(Edit(reference: x, prediction: nil, place: (first + i, first + j)))
      } else {
        j -= 1
        edits.append(Edit(reference: nil, prediction: y, place: (first + i, first + j)))
      }
    }
    edits.reverse()
  }
}
