import ArgumentParser
import MessagePassing
import Serving
import Training

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read images over HTTP: a page to drop them on, and JSON for programs.",
    discussion: """
      Example: akuru serve --checkpoint runs/first --port 8080

      Prints the page's address and answers until SIGINT or SIGTERM, which end it with exit status 0. Programs send an \
      image file of at most 16 MiB: curl --data-binary @photo.png http://127.0.0.1:8080/read gives an object with text, \
      confidence and letters, or one with error and a status of 400 or above. /health says whether the server answers.

      Only programs on this machine are answered unless --host names an address of its network. There is no password: put \
      a server of your own before it where strangers can reach it.
      """)

  @Option(help: "Checkpoint file, or run directory: its best checkpoint, else the newest.") var checkpoint: String
  @Option(help: "Port to listen on; 0 takes a free one.") var port: UInt16 = 8080
  @Option(help: "Address to listen on.") var host = "127.0.0.1"
  @OptionGroup var decoding: Decoding

  func run() throws {
    runAlone {
      if MPIRuntime.isLaunched { throw ConfigurationError("akuru serve needs one process; start it without mpirun") }
      let recogniser = try Recogniser(checkpoint, over: Communicator(), log: RunLog(rank: 0).logger())
      let reader = try ImageReader(recogniser, decoding: decoding.options, confidence: true)
      try RecognitionServer(reader, checkpoint: checkpoint).run(host: host, port: port) { address in
        try? printLine("\(address)  (Ctrl-C ends it)")
      }
      return .done
    }
  }
}
