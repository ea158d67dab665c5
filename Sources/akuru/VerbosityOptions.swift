import ArgumentParser
import Training

/// How much a command says on standard error.
struct VerbosityOptions: ParsableArguments {
  @Flag(help: "Say warnings and errors only.") var quiet = false
  @Flag(help: "Say more, as each logged step.") var verbose = false

  func validate() throws {
    if quiet && verbose { throw ValidationError("--quiet does not go with --verbose") }
  }

  var level: Verbosity { quiet ? .quiet : verbose ? .verbose : .normal }
}
