@testable import Datasets
import Foundation
import FuzzSupport
@testable import NeuralNetwork

private let scratch = Scratch()

/// A text for `--lm`: the model made of it is a distribution, whatever came before.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let path = scratch.write(UnsafeRawBufferPointer(start: start, count: count), to: "text.txt")
  do {
    let alphabet = try Alphabet(texts: ["abකා\u{0DCA}\u{200D}"])
    let lines = try TextLines.read(path).map { alphabet.encode($0, unknown: NGramModel.unknown) }
    guard let model = NGramModel(lines, classes: alphabet.classCount, order: 4) else { return 0 }
    // Letters that are no class have a share, which is not asked for.
    let least = lines.allSatisfy { !$0.contains(NGramModel.unknown) } ? 1 - 1e-9 : 1e-9
    for line in lines.prefix(3) {
      var context = model.start
      for symbol in line.prefix(20) {
        let probabilities = (1..<Int32(alphabet.classCount)).map { exp(model.extend(context, by: $0).logProbability) }
        let sum = probabilities.reduce(exp(model.end(context)), +)
        require(least < sum && sum < 1 + 1e-9, "probabilities add up to \(sum)")
        context = model.extend(context, by: symbol).context
      }
    }
  } catch {
    requireOneLine(error)
  }
  return 0
}
