/// Tells the pieces of ink that belong to a line from the others. Distances are measured by the usual height of the pieces, so that the
/// choice does not depend on the margins.
struct WritingChoice {
  /// Whether each piece belongs to the writing.
  private(set) var isKept: [Bool]
  /// The box around what belongs to it; nil if nothing does.
  private(set) var box: InkComponents.Piece?

  private let components: InkComponents
  /// Height of the pieces that hold most of the ink.
  private(set) var usual = 0

  init(_ components: InkComponents) {
    self.components = components
    let pieces = components.pieces
    isKept = [Bool](repeating: false, count: pieces.count)
    guard !pieces.isEmpty else { return }
    var candidates = pieces.indices.filter { !isEdge(pieces[$0]) && !isRule(pieces[$0]) && !components.isFrame($0) }
    if candidates.isEmpty { candidates = Array(pieces.indices) }
    usual = usualHeight(candidates)
    let large = candidates.filter { 2 * pieces[$0].height >= usual }
    let inner = large.filter { !touchesTopOrBottom(pieces[$0]) || 5 * pieces[$0].height >= 4 * usual }
    for i in inner.isEmpty ? large : inner { keep(i) }
    // What is near belongs to it: dots, marks, punctuation. What is kept brings other pieces near.
    let rules = pieces.indices.filter { isRule(pieces[$0]) && !isEdge(pieces[$0]) && !components.isFrame($0) }
    var before = -1
    while before != isKept.count(where: \.self) {
      before = isKept.count(where: \.self)
      for i in candidates where !isKept[i] && isNear(pieces[i]) { keep(i) }
    }
    // A dash lies beside letters, a rule above or below them.
    if let box {
      for i in rules where !isKept[i] {
        let middle = (pieces[i].top + pieces[i].bottom) / 2
        if box.top < middle && middle < box.bottom && pieces[i].width <= 4 * usual { keep(i) }
      }
    }
  }

  private mutating func keep(_ number: Int) {
    isKept[number] = true
    if box == nil { box = components.pieces[number] } else { box?.include(components.pieces[number]) }
  }

  /// The median of the heights, weighted by ink.
  private func usualHeight(_ candidates: [Int]) -> Int {
    let sorted = candidates.map { components.pieces[$0] }.sorted { ($0.height, $0.area) < ($1.height, $1.area) }
    var half = sorted.reduce(0) { $0 + $1.area } / 2
    return sorted.first {
      half -= $0.area; return half < 0
    }?.height ?? 1
  }

  private func touchesTopOrBottom(_ piece: InkComponents.Piece) -> Bool {
    piece.top == 0 || piece.bottom == components.height
  }

  /// A black edge of a scan: it lies along one side of the image.
  private func isEdge(_ piece: InkComponents.Piece) -> Bool {
    guard 3 * piece.area >= 2 * piece.width * piece.height else { return false }
    let along =
      touchesTopOrBottom(piece) && 5 * piece.width >= 4 * components.width && 4 * piece.height <= components.height
    let upright =
      (piece.left == 0 || piece.right == components.width) && 5 * piece.height >= 4 * components.height
      && 10 * piece.width <= components.width && 4 * piece.width <= piece.height
    // The stem of a letter that fills a narrow image is no edge.
    return along || upright && hasRoomBeside(piece)
  }

  /// Whether all other ink is lower than the image, or away from this piece.
  private func hasRoomBeside(_ piece: InkComponents.Piece) -> Bool {
    let others = components.pieces.filter { $0.left != piece.left || $0.top != piece.top || $0.area != piece.area }
    guard let first = others.first else { return false }
    let all = others.dropFirst().reduce(into: first) { $0.include($1) }
    return 5 * all.height <= 4 * piece.height
  }

  /// A thin line across half of the image, or across its height.
  private func isRule(_ piece: InkComponents.Piece) -> Bool {
    if piece.width >= 10 * piece.height && 2 * piece.width >= components.width { return true }
    return piece.top == 0 && piece.bottom == components.height && piece.height >= 10 * piece.width
      && hasRoomBeside(piece)
  }

  private func isNear(_ piece: InkComponents.Piece) -> Bool {
    guard let box else { return false }
    let across = max(0, box.left - piece.right, piece.left - box.right)
    let down = max(0, box.top - piece.bottom, piece.top - box.bottom)
    let size = max(piece.width, piece.height)
    if touchesTopOrBottom(piece) && down > 0 { return 5 * down <= usual && 2 * across <= usual }
    if 12 * size <= usual { return 4 * down <= usual && 3 * across <= 2 * usual }
    return 2 * down <= usual && across <= 2 * usual
  }
}
