import Checkpoints
import Console
import Files
import Foundation
import Messages
import NeuralNetwork
import Settings
import TestSupport
import Testing
import Training

@Suite struct RunIdentityTests {
  private let folder = try! TemporaryDirectory()

  private func identity(
    train: String = "t", validation: String = "v", core: String = "Haswell", promise: Reproducibility? = nil
  ) throws -> RunIdentity {
    var identity = try tinyIdentity()
    (identity.trainFingerprint, identity.validationFingerprint) = (train, validation)
    (identity.blasCore, identity.reproducibility) = (core, promise)
    return identity
  }

  /// The identity that goes on, and what was logged meanwhile.
  private func continued(_ before: RunIdentity, as now: RunIdentity) throws -> (RunIdentity, [String]) {
    try folder.write("", "log")
    let file = try OpenFile(folder.file("log"), O_WRONLY | O_APPEND)
    let log = RunLog(rank: 0, standardError: file.descriptor).logger()
    let identity = try before.continued(as: now, log: log)
    _ = try file.size()  // It is open until here.
    return (identity, try folder.text("log").split(separator: "\n").map(String.init))
  }

  @Test func theSameGoesOnWithoutAWord() throws {
    let before = try identity()
    let (after, lines) = try continued(before, as: before)
    #expect(after == before && lines == [])
  }

  @Test func otherDataEndsIt() throws {
    func failure(_ now: RunIdentity) throws -> ChangedData? {
      let before = try identity()
      return thrown { _ = try continued(before, as: now) }
    }
    let training = try failure(identity(train: "x", validation: "y"))
    #expect(training?.description.hasPrefix("the training data (files, sizes or texts) has changed") == true)
    #expect(training?.exitStatus == .badData)
    #expect(try failure(identity(validation: "y"))?.description.hasPrefix("the validation data (") == true)
  }

  @Test func otherKernelsAreWarnedOf() throws {
    let (after, lines) = try continued(try identity(), as: try identity(core: "Zen"))
    #expect(lines.count == 1 && lines[0].contains("kernels for Zen, the run began with Haswell"), "\(lines)")
    #expect(lines[0].contains("OPENBLAS_CORETYPE=Haswell keeps them"))
    #expect(after.blasCore == "Haswell")
  }

  /// Identities of before have no number of their arithmetic.
  @Test func otherArithmeticIsWarnedOf() throws {
    let now = try identity()
    var fields = try RunJSON.decode([String: JSONValue].self, from: RunJSON.line(now))
    try #require(fields["arithmetic"] != nil)
    for number in [JSONValue?.none, .integer(3)] {
      fields["arithmetic"] = number
      let before = try RunJSON.decode(RunIdentity.self, from: RunJSON.line(fields))
      let (after, lines) = try continued(before, as: now)
      #expect(lines.count == 1 && lines[0].contains("the run began with that of another version"), "\(lines)")
      #expect(after == before)
    }
  }

  /// Once a step was summed in floats, the run stays what its ranks were then.
  @Test func thePromiseNeverGrows() throws {
    let (exact, float) = (try identity(), try identity(promise: .perLayout))
    let (lost, first) = try continued(exact, as: float)
    #expect(lost.reproducibility == .perLayout)
    #expect(first.count == 1 && first[0].contains("resuming with --reduce float a run of exact sums"), "\(first)")
    let (still, second) = try continued(lost, as: exact)
    #expect(still.reproducibility == .perLayout)
    #expect(second.count == 1 && second[0].contains("had steps with --reduce float"), "\(second)")
    #expect(try continued(lost, as: float).1 == [])
  }

  /// What the options say today does not replace what the run is.
  @Test func theRestIsOfTheRun() throws {
    let before = try identity()
    var now = before
    now.recipe.optimization.lr = 0.5
    now.scheduleSteps = 9
    now.initialWeights = "x"
    #expect(try continued(before, as: now).0 == before)
  }
}
