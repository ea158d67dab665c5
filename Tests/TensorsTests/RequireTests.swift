import Tensors
import Testing

/// This module is built with `-Ounchecked`, where `precondition` checks nothing. These guards must end the process, with
/// their own message: a violated one that goes on may crash later, too.
@Suite struct RequireTests {
  private func says(_ message: String, _ result: ExitTest.Result?) -> Bool {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self).contains(message)
  }

  @Test func whatHoldsCostsNoMessage() {
    var messages = 0
    func message() -> String {
      messages += 1
      return ""
    }
    require(true, message())
    #expect(messages == 0)
  }

  @Test func whatDoesNotHoldEndsTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      require(CommandLine.arguments.isEmpty, "there are \(CommandLine.arguments.isEmpty ? "no" : "some") arguments")
    }
    #expect(says("there are some arguments", result))
  }

  @Test func aMatrixHasNoNegativeSize() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Matrix(storage: Storage(count: 16), rows: 3, columns: -1)
    }
    #expect(says("a matrix of 3 x -1 at 0", result))
  }

  @Test func aMatrixHasAllItsElements() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Matrix(rows: 3, columns: 5, [1, 2, 3])
    }
    #expect(says("3 elements for 3 x 5", result))
    #expect(Matrix(rows: 0, columns: 5, []).elements == [])
  }

  @Test func aRandomNumberHasABound() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var random = KeyedRandom(seed: 1, purpose: .test)
      _ = random.integer(below: 0)
    }
    #expect(says("a random number below 0", result))
  }
}
