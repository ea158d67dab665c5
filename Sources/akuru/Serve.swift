import ArgumentParser
import Console
import MessagePassing
import Messages
import Recognition
import Serving

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve a model over HTTP: a page to drop images on, and JSON for programs.",
    discussion: """
      Example: akuru serve --checkpoint runs/first --port 8080

      The server prints the address of its page and runs until SIGINT or SIGTERM, which end it with exit status 0. Programs \
      send an image file of at most 16 MiB: curl --data-binary @photo.png http://127.0.0.1:8080/read returns an object with \
      text, confidence and letters, or an object with error and a status of 400 or above. A page, PAGE-XML or ALTO, goes with \
      its image: curl -F page=@page.xml -F image=@page.jpg http://127.0.0.1:8080/page returns the page with its texts, and \
      /page?format=alto another form. /health tells whether the server runs, and with which model.

      The server accepts connections from this machine only, unless --host names another address. It has no password: put it \
      behind a server of your own if strangers can reach it.
      """)

  @Option(
    name: [.customShort("m"), .long], help: "Checkpoint file, or run directory (its best checkpoint, else the newest).",
    completion: .file()) var checkpoint: String
  @Option(help: "Port to listen on; 0 selects a free one.") var port: UInt16 = 8080
  @Option(help: "Address to listen on.") var host = "127.0.0.1"
  @OptionGroup var decoding: Decoding

  func run() throws {
    runAlone {
      if MPIRuntime.isLaunched { throw ConfigurationError("akuru serve needs one process; start it without mpirun") }
      let recognizer = try Recognizer(checkpoint, over: Communicator(), log: RunLog(rank: 0).logger())
      let reader = try ImageReader(recognizer, decoding: decoding.options, confidence: true)
      let description = recognizer.description
      let model = ServedModel(
        checkpoint: checkpoint, network: description.architecture.name, letters: description.alphabet.scalars.count,
        cer: recognizer.validationCER)
      try RecognitionServer(reader, model: model).run(host: host, port: port) { address in
        try? printLine("\(address)  (Ctrl-C ends it)")
      }
      return .done
    }
  }
}
