import Messages

extension ArchitectureError: ExitStatusProviding {
  package var exitStatus: ExitStatus { .usage }
}
