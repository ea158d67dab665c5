import ArgumentParser
import Console

/// How much a command prints to standard error.
struct VerbosityOptions: ParsableArguments {
  @Flag(help: "Print only warnings and errors.") var quiet = false
  @Flag(help: "Print more, such as each logged step.") var verbose = false

  func validate() throws {
    if quiet && verbose { throw ValidationError("--quiet does not go with --verbose") }
  }

  var level: Verbosity { quiet ? .quiet : verbose ? .verbose : .normal }
}
