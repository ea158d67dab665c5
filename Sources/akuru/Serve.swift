import ArgumentParser
import Console
import Datasets
import MessagePassing
import Messages
import Recognition
import Serving

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve a model over HTTP: a page to drop images on, JSON for programs, and a page to correct data.",
    discussion: """
      Examples:
        akuru serve --checkpoint runs/first --port 8080
        akuru serve --checkpoint runs/first --correct data/train --output data/corrected --port 8080

      The server prints the address of its page and runs until SIGINT or SIGTERM, which end it with exit status 0. Programs \
      send an image file of at most 16 MiB: curl --data-binary @photo.png http://127.0.0.1:8080/read returns an object with \
      text, confidence and letters, or an object with error and a status of 400 or above. A page, PAGE-XML or ALTO, goes with \
      its image: curl -F page=@page.xml -F image=@page.jpg http://127.0.0.1:8080/page returns the page with its texts, and \
      /page?format=alto another form. /health tells whether the server runs, and with which model.

      --correct DATA shows the lines of a data set beside their texts, those first that the model doubts most. What is typed \
      is saved at once in the folder --output: each line as an image with its text in metadata.jsonl, a data set of its own. \
      DATA is not changed. The same folder can be gone on with later.

      The server accepts connections from this machine only, unless --host names another address. It has no password: put it \
      behind a server of your own if strangers can reach it.
      """)

  @Option(
    name: [.customShort("m"), .long], help: "Checkpoint file, or run directory (its best checkpoint, else the newest).",
    completion: .file()) var checkpoint: String
  @Option(help: "Data set whose lines are corrected.", completion: .file()) var correct: String?
  @Option(
    name: [.customShort("o"), .long], help: "Folder for corrected lines, with --correct.", completion: .directory)
  var output: String?
  @Option(help: "Port to listen on; 0 selects a free one.") var port: UInt16 = 8080
  @Option(help: "Address to listen on.") var host = "127.0.0.1"
  @OptionGroup var decoding: Decoding
  @OptionGroup(title: "Ground truth") var groundTruth: DataOptions

  func validate() throws {
    if correct != nil && (output ?? "").isEmpty {
      throw ValidationError("--correct needs --output, a folder for the corrected lines")
    }
    if output != nil && correct == nil { throw ValidationError("--output goes with --correct only") }
  }

  func run() throws {
    runAlone {
      if MPIRuntime.isLaunched { throw ConfigurationError("akuru serve needs one process; start it without mpirun") }
      let log = RunLog(rank: 0)
      let recognizer = try Recognizer(checkpoint, over: Communicator(), log: log.logger())
      let reader = try ImageReader(recognizer, decoding: decoding.options, confidence: true)
      let description = recognizer.description
      let model = ServedModel(
        checkpoint: checkpoint, network: description.architecture.name, letters: description.alphabet.scalars.count,
        cer: recognizer.validationCER)
      let desk = try desk(reader, description.textPolicy, log)
      try RecognitionServer(reader, model: model, desk: desk).run(host: host, port: port) { address in
        try? printLine("\(address)\(desk == nil ? "" : "correct")  (Ctrl-C ends it)")
      }
      return .done
    }
  }

  /// The lines to correct, read and in the order of doubt; nil if none are to be.
  private func desk(_ reader: ImageReader, _ policy: TextPolicy, _ log: RunLog) throws -> CorrectionDesk? {
    guard let correct, let output else { return nil }
    let dataSet = try DataSet.load(correct, groundTruth.reading(text: policy))
    let folder = try CorrectionFile(folder: output)
    let progress = WorkProgress("reading", total: dataSet.records.count, ranks: 1, log)
    let doubts = try reader.doubtedLines(of: dataSet, progress: progress.tick)
    progress.finish()
    let unread = dataSet.records.count - doubts.count
    if unread > 0 {
      printError("akuru: \(counted(unread, "line")) of \(correct) cannot be read; akuru check names them")
    }
    guard !doubts.isEmpty else { throw ConfigurationError("--correct \(correct): no line of it can be read") }
    return CorrectionDesk(dataSet, doubts, folder)
  }
}
