import Messages

extension RanksDisagree: ExitStatusProviding {
  package var exitStatus: ExitStatus { .ranksDisagree }
}
