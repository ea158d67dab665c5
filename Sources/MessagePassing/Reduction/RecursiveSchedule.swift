/// Who exchanges what with whom, in a recursive halving of a slice and a recursive doubling of its sums (Thakur, Rabenseifner
/// and Gropp 2005, "Optimization of collective communication operations in MPICH"): 2 log2 M messages for M machines, a power of
/// two, where a direct exchange has 2 (M - 1).
///
/// The first 2^k machines halve; each machine beyond them first gives all that it has to one of them, and gets all sums from it
/// at the end.
package struct RecursiveSchedule {
  /// A message to a machine, a message from it, or both.
  package struct Leg: Equatable {
    package let machine: Int
    /// The parts that are sent, and those that are received; empty if there is no such message.
    package let sent: Range<Int>
    package let received: Range<Int>
    /// Whether what is received is added; it is a sum over all machines otherwise.
    package let adds: Bool
  }

  /// Parts of a slice: the largest power of two that is no more than the machines.
  package let parts: Int
  /// In order: a leg begins when the one before is done.
  package let legs: [Leg]

  package init(machine me: Int, of machines: Int) {
    let parts = RecursiveSchedule.parts(machines: machines)
    self.parts = parts
    let (all, none) = (0..<parts, 0..<0)
    if me >= parts {
      legs = [
        Leg(machine: me - parts, sent: all, received: none, adds: true),
        Leg(machine: me - parts, sent: none, received: all, adds: false),
      ]
      return
    }
    var (halving, doubling): ([Leg], [Leg]) = ([], [])
    var own = all
    while own.count > 1 {
      let half = own.count / 2
      let middle = own.lowerBound + half
      let (lower, upper) = (own.lowerBound..<middle, middle..<own.upperBound)
      let (kept, given) = me < middle ? (lower, upper) : (upper, lower)
      let partner = me < middle ? me + half : me - half
      halving.append(Leg(machine: partner, sent: given, received: kept, adds: true))
      doubling.append(Leg(machine: partner, sent: kept, received: given, adds: false))
      own = kept
    }
    var (first, last): ([Leg], [Leg]) = ([], [])
    if me + parts < machines {
      first = [Leg(machine: me + parts, sent: none, received: all, adds: true)]
      last = [Leg(machine: me + parts, sent: all, received: none, adds: false)]
    }
    legs = first + halving + doubling.reversed() + last
  }

  static func parts(machines: Int) -> Int { 1 << (Int.bitWidth - 1 - max(machines, 1).leadingZeroBitCount) }
}
