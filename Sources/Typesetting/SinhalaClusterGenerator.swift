import Tensors

/// Generates orthographically valid words without meaning, so that rare letters and conjuncts are seen often enough to
/// be learned: every second word contains a required letter, vowel sign or common conjunct, each about equally often;
/// the rest follows rough letter frequencies.
package struct SinhalaClusterGenerator: Sendable {
  private typealias Letters = SinhalaOrthography

  private let seed: UInt64

  package init(seed: UInt64) {
    self.seed = seed
  }

  /// `count` distinct words of 2...5 clusters, none of them in `excluded`; a function of seed, count and `excluded`
  /// only.
  package func words(count: Int, excluding excluded: [String] = []) -> [String] {
    var known = Set(excluded.map { Array($0.unicodeScalars) })
    var words: [String] = []
    words.reserveCapacity(count)
    var attempt: UInt32 = 0
    while words.count < count {
      var random = KeyedRandom(
        seed: seed, purpose: .synthesis, time: SynthesisStream.words.rawValue, sample: attempt)
      let required = words.count.isMultiple(of: 2) ? Self.units[(words.count / 2) % Self.units.count] : nil
      let word = Self.word(containing: required, &random)
      if known.insert(Array(word.unicodeScalars)).inserted { words.append(word) }
      attempt += 1
    }
    return words
  }

  /// A required letter or sign, with its position in a cluster.
  enum Unit: Sendable {
    case vowel(Unicode.Scalar)
    case onset(String)
    case sign(Unicode.Scalar)
    case dead
    case modifier(Unicode.Scalar)
  }

  static let units: [Unit] =
    SinhalaOrthography.independentVowels.map(Unit.vowel)
    + SinhalaOrthography.consonants.map { Unit.onset(String($0)) }
    + SinhalaOrthography.vowelSigns.map(Unit.sign)
    + conjuncts.map(Unit.onset)
    + [.dead, .modifier(SinhalaOrthography.anusvara), .modifier(SinhalaOrthography.visarga)]

  /// Consonant groups joined by al-lakuna and ZWJ: rakaransaya, yansaya, repaya, and the ligatures of ක්‍ෂ, ත්‍ව, න්‍ද,
  /// ...
  package static let conjuncts: [String] =
    spread("කගඝජටඩතථදධපඵබභමවශෂසහෆ").map { $0 + "\u{0DCA}\u{200D}ර" }
    + spread("කඛගචජටඨඩණතථදධනපබභමලවශෂසහ").map { $0 + "\u{0DCA}\u{200D}ය" }
    + repayas
    + ["ක්‍ෂ", "ක්‍ව", "ග්‍ධ", "ඤ්‍ච", "ට්‍ඨ", "ත්‍ථ", "ත්‍ව", "ද්‍ධ", "ද්‍ව", "න්‍ථ", "න්‍ද", "න්‍ධ", "න්‍ව", "න්‍ද්‍ර", "ක්‍ෂ්‍ය"]

  private static let repayas = spread("කගඝචජණතථදධනපබභමයලවශෂසහ").map { "ර\u{0DCA}\u{200D}" + $0 }

  private static let consonants = WeightedChoice(
    [(8, "කගටතදනපබමයරලවසහ"), (4, "චජඩණළශ"), (2, "ඟඳඹඬධෂභථෆඥ"), (1, "ඛඝඞඡඣඤඦඨඪඵ")].flatMap { weight, letters in
      spread(letters).map { ($0, weight) }
    })
  private static let signs = WeightedChoice<Unicode.Scalar>([
    ("ා", 16), ("ැ", 8), ("ෑ", 4), ("ි", 16), ("ී", 6), ("ු", 14), ("ූ", 5), ("ෙ", 10), ("ේ", 9), ("ො", 8), ("ෝ", 7),
    ("ෘ", 2), ("ෛ", 2), ("ෞ", 2), ("ෲ", 1), ("ෟ", 1), ("ෳ", 1),
  ])
  private static let initialVowels = WeightedChoice(
    SinhalaOrthography.independentVowels.map { ($0, "අආඇඉඋඑඔ".unicodeScalars.contains($0) ? 6 : 1) })

  private static func spread(_ letters: String) -> [String] { letters.unicodeScalars.map { String($0) } }

  /// One word. Its first cluster is an independent vowel in a fifth of the words.
  private static func word(containing required: Unit?, _ random: inout KeyedRandom) -> String {
    let count = 2 + random.integer(below: 4)
    var place = random.integer(below: count)
    switch required {
    case .vowel: place = 0
    // A word never begins with a dead or prenasalized consonant, nor with a repaya.
    case .dead: place = 1 + random.integer(below: count - 1)
    case .onset(let onset) where !mayBegin(onset): place = 1 + random.integer(below: count - 1)
    default: break
    }
    var word = String.UnicodeScalarView()
    var afterDead = false
    for index in 0..<count {
      let unit = index == place ? required : nil
      if case .vowel(let vowel)? = unit {
        word.append(vowel)
        continue
      }
      if unit == nil && index == 0 && random.chance(0.2) {
        word.append(initialVowels.draw(&random))
        if random.chance(0.05) { word.append(Letters.anusvara) }
        continue
      }
      // The next cluster's requirement decides whether this one may be dead.
      let nextIsRequired = index + 1 == place && required != nil
      afterDead = append(
        unit, to: &word, first: index == 0, afterDead: afterDead, mayBeDead: index > 0 && !nextIsRequired, &random)
    }
    return String(word)
  }

  private static func mayBegin(_ onset: String) -> Bool {
    !repayas.contains(onset) && !onset.unicodeScalars.contains { Letters.prenasalized.contains($0) }
  }

  /// Appends one cluster; returns true if it ends in al-lakuna.
  private static func append(
    _ unit: Unit?, to word: inout String.UnicodeScalarView, first: Bool, afterDead: Bool, mayBeDead: Bool,
    _ random: inout KeyedRandom
  ) -> Bool {
    var onset: String
    if case .onset(let given)? = unit {
      onset = given
    } else {
      repeat {
        onset = random.chance(0.12) ? conjuncts[random.integer(below: conjuncts.count)] : consonants.draw(&random)
      } while (first || afterDead) && !mayBegin(onset)
    }
    word.append(contentsOf: onset.unicodeScalars)
    let last = onset.unicodeScalars.last!

    switch unit {
    case .sign(let sign)?: word.append(sign)
    case .dead?:
      // A prenasalized or joined consonant keeps its vowel: a plain one follows it and loses its own.
      if Letters.prenasalized.contains(last) || onset.unicodeScalars.count > 1 {
        word.append(contentsOf: "න්".unicodeScalars)
      } else {
        word.append(Letters.alLakuna)
      }
      return true
    case .modifier(let modifier)?: word.append(modifier)
    default:
      let isPlain = onset.unicodeScalars.count == 1 && !Letters.prenasalized.contains(last)
      if mayBeDead && !afterDead && isPlain && random.chance(0.16) {
        word.append(Letters.alLakuna)
        return true
      }
      if random.chance(0.62) { word.append(signs.draw(&random)) }
      if random.chance(0.03) { word.append(random.chance(0.85) ? Letters.anusvara : Letters.visarga) }
    }
    return false
  }
}

/// Draws with given integer weights.
struct WeightedChoice<Element: Sendable>: Sendable {
  private let elements: [Element]
  /// The sum of the weights up to and including each element.
  private let sums: [Int]

  init(_ weighted: [(element: Element, weight: Int)]) {
    elements = weighted.map(\.element)
    var sum = 0
    sums = weighted.map {
      sum += $0.weight
      return sum
    }
  }

  func draw(_ random: inout KeyedRandom) -> Element {
    let ticket = random.integer(below: sums.last!)
    return elements[sums.firstIndex { ticket < $0 }!]
  }
}
