import Foundation
import Tensors

/// A language model of labels: the probability of each class, and of the end, given the preceding classes.
///
/// Relative frequencies of n-grams, interpolated with those of shorter ones by Witten and Bell's method (1991, "The
/// zero-frequency problem", method C; Chen and Goodman 1998, section 2.5): after the context h with total count N(h)
/// and D(h) different followers, P(c | h) = (count(h c) + D(h) * P(c | h without its first class)) / (N(h) + D(h));
/// below the unigrams, all classes and the end are equally probable.
public struct NGramModel: Sendable {
  /// Classes of an n-gram, including the predicted one.
  public let order: Int
  /// A tree of class sequences with their counts.
  private var nodes: [Node] = [Node()]
  /// The child of a node for one more class, keyed by both.
  private var children: [UInt64: Int32] = [:]
  private let uniform: Double

  private struct Node {
    /// The number of occurrences of the sequence as an n-gram.
    var count: Int32 = 0
    /// The number of followers of the sequence, and of distinct followers.
    var total: Int32 = 0
    var distinct: Int32 = 0
  }

  /// The end of a label: no label contains the blank.
  private static let end: Int32 = 0
  /// The beginning of a label; only a context.
  private static let begin: Int32 = -1
  /// A letter that is not a class.
  public static let unknown: Int32 = -2

  /// The contexts at the end of a label: the nodes of its last 0, 1, ... order - 1 classes, -1 for unseen ones.
  public typealias Context = [Int32]

  /// The limit of distinct n-grams, including shorter ones: about a gigabyte.
  public static let maximumSize = 20_000_000

  /// Counts the n-grams of labels. Classes are 1 ..< `classes`, or ``unknown``. nil if there are more than
  /// ``maximumSize``.
  public init?(_ labels: some Sequence<[Int32]>, classes: Int, order: Int) {
    require(order >= 1 && classes >= 2, "\(order)-grams of \(classes) classes")
    self.order = order
    uniform = 1 / Double(classes)  // the labels' classes, and the end instead of the blank
    _ = child(0, NGramModel.begin)
    for label in labels {
      var context = start
      for symbol in label { context = count(symbol, after: context) }
      _ = count(NGramModel.end, after: context)
      if nodes.count > NGramModel.maximumSize { return nil }
    }
  }

  /// The context of an empty label.
  public var start: Context {
    var context = Context(repeating: -1, count: order)
    context[0] = 0
    if order > 1 { context[1] = children[key(0, NGramModel.begin)] ?? -1 }
    return context
  }

  /// Returns ln P(class | context), and the context of the label extended by the class.
  public func extend(_ context: Context, by symbol: Int32) -> (logProbability: Double, context: Context) {
    var next = Context(repeating: -1, count: order)
    next[0] = 0
    var probability = uniform
    for k in 0..<order where context[k] >= 0 {
      let node = nodes[Int(context[k])]
      let child = children[key(context[k], symbol)] ?? -1
      if k + 1 < order { next[k + 1] = child }
      let (total, distinct) = (Double(node.total), Double(node.distinct))
      guard total > 0 else { continue }
      let count = child < 0 ? 0 : Double(nodes[Int(child)].count)
      probability = (count + distinct * probability) / (total + distinct)
    }
    return (log(probability), next)
  }

  /// ln P(the label ends | context).
  public func end(_ context: Context) -> Double { extend(context, by: NGramModel.end).logProbability }

  private mutating func count(_ symbol: Int32, after context: Context) -> Context {
    var next = Context(repeating: -1, count: order)
    next[0] = 0
    for k in 0..<order where context[k] >= 0 {
      let parent = Int(context[k])
      let child = child(context[k], symbol)
      if nodes[Int(child)].count == 0 { nodes[parent].distinct += 1 }
      nodes[Int(child)].count += 1
      nodes[parent].total += 1
      if k + 1 < order { next[k + 1] = child }
    }
    return next
  }

  private mutating func child(_ node: Int32, _ symbol: Int32) -> Int32 {
    let key = key(node, symbol)
    if let child = children[key] { return child }
    let child = Int32(nodes.count)
    nodes.append(Node())
    children[key] = child
    return child
  }

  private func key(_ node: Int32, _ symbol: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: node)) << 32 | UInt64(UInt32(bitPattern: symbol))
  }
}
