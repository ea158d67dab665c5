import ArgumentParser
import Recognition

/// How many threads of a process read.
struct ThreadOptions: ParsableArguments {
  @Option(help: "Threads that read; the texts do not depend on it. (default: one for each core, at most 16)")
  var threads: Int?

  var count: Int { threads ?? ImageReader.usualThreads }

  func validate() throws {
    if let threads, !(1...256).contains(threads) { throw ValidationError("--threads \(threads): must be 1 to 256") }
  }
}
