extension AuditFinding.Kind {
  /// 0 for the most important kind.
  fileprivate var rank: Int { AuditFinding.Kind.allCases.firstIndex(of: self)! }

  /// Whether a person should compare text and image. The other kinds say what was done about a record, or hold for
  /// many.
  var deservesALook: Bool {
    switch self {
    case .unusedOption, .labelNotNFC, .spacesChanged, .invisibleMark, .unlistedImage, .otherVersion,
      .lineOfAnotherType:
      false
    default: true
    }
  }
}

extension AuditResult {
  /// At most `limit` warnings, the most important kinds first. Each kind has its first warning in it before another has
  /// a second one.
  package func foremostWarnings(_ limit: Int) -> [AuditFinding] {
    var counts: [AuditFinding.Kind: Int] = [:]
    let ranked = warnings.enumerated().map { place, warning in
      let round = counts[warning.kind, default: 0]
      counts[warning.kind] = round + 1
      return (round: round, rank: warning.kind.rank, place: place, warning: warning)
    }
    return ranked.sorted { ($0.round, $0.rank) < ($1.round, $1.rank) }.prefix(limit)
      .sorted { ($0.rank, $0.place) < ($1.rank, $1.place) }.map(\.warning)
  }
}
