extension NetworkSpecReader {
  private static let parallel =
    "a residual block, the only form of parallel branches that is known: (I [Cr1,1,C ClLINES,COLUMNS,C]) A3,C"

  /// kraken's words for a residual block, `(I [Cr1,1,C Cl3,3,C]) A3,C`: the input beside a branch, and the sum of both. The first
  /// convolution of the branch normalizes each channel, as its weights must show.
  ///
  /// - Parameters:
  ///   - tokens: the four tokens, or fewer at the end of the string.
  ///   - number: of the first one in the string, from 0.
  mutating func addParallel(_ tokens: ArraySlice<NetworkSpecToken>, number: Int) throws(NetworkSpecError) {
    guard let start = tokens.first else { return }
    var tokens = Array(tokens)
    guard tokens.count == 4 else { throw start.failure("expected \(NetworkSpecReader.parallel)") }
    let form: [(before: String, type: String, window: String, after: String)] = [
      ("(I", "I", "", ""), ("[Cr", "C", "1,1,", ""), ("Cl", "C", "", "])"), ("A", "A", "3,", ""),
    ]
    var (names, channels, kernel): ([String], [Int], Extent) = ([], [], Extent(1, 1))
    for i in form.indices {
      try tokens[i].require(form[i].before, NetworkSpecReader.parallel)
      let own = try tokens[i].name()
      names.append(own.isEmpty ? "\(form[i].type)_\(number + i)" : own)
      try tokens[i].require(form[i].window, NetworkSpecReader.parallel)
      if i == 2 {
        kernel = try tokens[i].extent("LINES,COLUMNS,CHANNELS, as in Cl3,3,32")
        try tokens[i].require(",", "LINES,COLUMNS,CHANNELS, as in Cl3,3,32")
      }
      if i > 0 { channels.append(try tokens[i].number("the channels")) }
      try tokens[i].require(form[i].after, NetworkSpecReader.parallel)
      try tokens[i].requireEnd()
    }
    if let wrong = channels.first(where: { $0 != shape.channels }) {
      throw start.failure("\(wrong) channels beside an input of \(shape.channels): a residual block keeps them")
    }
    var block = KrakenBlock(number: number)
    block.name = "\(names[0]) \(names[1]) \(names[2]).\(names[1]) \(names[2])"
    block.branch = [names[1], names[2]]
    try append(.residual(name: "", kernel: kernel), block, start, isLast: false)
  }
}

extension FeatureShape {
  /// Channels of feature maps; 0 behind them.
  fileprivate var channels: Int { if case .maps(let channels, _) = self { channels } else { 0 } }
}
