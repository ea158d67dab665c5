import Files
import Foundation
import Messages

/// How a run ended: `RUN/outcome.json`. A run that goes on removes it, and a killed run leaves none.
package struct RunOutcome: Codable, Sendable, Equatable {
  /// The exit status.
  package var status: Int32
  /// Steps done.
  package var step: Int
  /// Seconds since 1970.
  package var time: Double
  /// How the run ended, for people.
  package var message: String
  /// What would help, a sentence each.
  package var advice: [String]
  /// The command that goes on with the run, or trains longer.
  package var next: String?

  package init(_ status: ExitStatus, step: Int, message: String, advice: [String] = [], next: String? = nil) {
    (self.status, self.step, self.message) = (status.rawValue, step, message.onOneLine)
    (self.advice, self.next) = (advice.map(\.onOneLine), next)
    time = secondsSince1970()
  }

  package var isDone: Bool { status == ExitStatus.done.rawValue }
  package var isStopped: Bool { status == ExitStatus.stoppedOnRequest.rawValue }

  /// The size limit of the file, in bytes.
  private static let largestFile = 1 << 20

  static func path(in runDirectory: String) -> String { "\(runDirectory)/outcome.json" }

  /// Reads `outcome.json`; nil if it is missing, or not written by Akuru.
  static func read(in runDirectory: String) throws(FileError) -> RunOutcome? {
    guard let text = try boundedText(path(in: runDirectory), limit: largestFile) else { return nil }
    return try? RunJSON.decode(RunOutcome.self, from: text)
  }

  func write(in runDirectory: String) throws {
    try AtomicFile.write(Array(RunJSON.pretty(self).utf8), to: RunOutcome.path(in: runDirectory))
  }
}
