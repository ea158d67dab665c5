import Tensors

/// A part of the data set and its share of words and images.
package struct SplitShare: Equatable, Sendable {
  /// The name of its folder.
  package let name: String
  /// 0...1
  package let share: Double

  package init(name: String, share: Double) {
    self.name = name
    self.share = share
  }

  /// Reads "train=0.9,val=0.1".
  /// - Throws: `TypesettingError.option` for names that are not folder names, doubles, or shares that do not sum to 1.
  package static func parse(_ text: String) throws(TypesettingError) -> [SplitShare] {
    var shares: [SplitShare] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false)
      guard sides.count == 2, let share = Double(sides[1]), share > 0, share <= 1 else {
        throw .option(
          "--split \"\(text)\": \"\(part)\" is not NAME=SHARE with a share above 0, as in train=0.9,val=0.1")
      }
      let name = String(sides[0])
      let isName = name.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
          || byte == UInt8(ascii: "_")
      }
      guard isName, !name.isEmpty, name != "images" else {
        throw .option("--split: \"\(name)\" is no name for a folder; use letters, digits, - and _ (not \"images\")")
      }
      if shares.contains(where: { $0.name == name }) { throw .option("--split: \"\(name)\" stands twice") }
      shares.append(SplitShare(name: name, share: share))
    }
    let sum = shares.reduce(0) { $0 + $1.share }
    guard abs(sum - 1) < 1e-6 else { throw .option("--split \"\(text)\": the shares sum to \(sum), not to 1") }
    return shares
  }

  /// Splits `total` by the shares: rounded down, the rest to the largest remainders; then at least 1 each if possible.
  package static func allot(_ total: Int, _ shares: [SplitShare]) -> [Int] {
    let exact = shares.map { Double(total) * $0.share }
    var counts = exact.map { Int($0) }
    let order = shares.indices.sorted { (exact[$1] - Double(counts[$1]), $0) < (exact[$0] - Double(counts[$0]), $1) }
    for i in 0..<max(0, total - counts.reduce(0, +)) { counts[order[i % order.count]] += 1 }
    guard total >= shares.count else { return counts }
    for i in counts.indices where counts[i] == 0 {
      let largest = counts.indices.max { counts[$0] < counts[$1] }!
      counts[largest] -= 1
      counts[i] += 1
    }
    return counts
  }
}

/// The words that images may show, in groups of equal weight.
package struct WordPool: Equatable, Sendable {
  package let groups: [[String]]
  /// Whether images show the texts of the only group one after the other, and not at random.
  package let isInOrder: Bool

  /// Empty groups are ignored.
  package init(groups: [[String]]) {
    self.groups = groups.filter { !$0.isEmpty }
    isInOrder = false
  }

  /// Texts that images show one after the other, again from the first if there are more images.
  package init(inOrder texts: [String]) {
    (groups, isInOrder) = ([texts].filter { !$0.isEmpty }, true)
  }

  /// Half common words, half generated ones; the number of generated words is a third of that of images, at least 300.
  package static func standard(imageCount: Int, seed: UInt64) -> WordPool {
    let common = SinhalaWords.all
    let made = SinhalaClusterGenerator(seed: seed).words(count: max(300, imageCount / 3), excluding: common)
    return WordPool(groups: [common, made])
  }

  package var count: Int { groups.reduce(0) { $0 + $1.count } }

  /// One word: a group, then a word of it, each with equal chance.
  package func draw(_ random: inout KeyedRandom) -> String {
    let group = groups[random.integer(below: groups.count)]
    return group[random.integer(below: group.count)]
  }

  /// Pools that share no word: each group is shuffled by the seed and split by the shares.
  /// - Throws: `TypesettingError.option` if there are fewer words than shares.
  package func split(_ shares: [SplitShare], seed: UInt64) throws(TypesettingError) -> [WordPool] {
    if count < shares.count {
      throw .option("\(count) distinct words cannot be split into \(shares.count) parts without a common word")
    }
    var parts = [[[String]]](repeating: [], count: shares.count)
    for (index, group) in groups.enumerated() {
      var random = KeyedRandom(
        seed: seed, purpose: .synthesis, time: SynthesisStream.split.rawValue, sample: UInt32(index))
      var words = group
      random.shuffle(&words)
      var start = 0
      for (part, size) in SplitShare.allot(words.count, shares).enumerated() {
        parts[part].append(Array(words[start..<start + size]))
        start += size
      }
    }
    return parts.map { isInOrder ? WordPool(inOrder: $0[0]) : WordPool(groups: $0) }
  }
}
