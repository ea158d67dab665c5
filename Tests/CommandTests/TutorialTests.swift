import Foundation
import Messages
import TestSupport
import Testing

/// The commands of `Launch/docs/your-own-script.md`, in order, on a small scale: another script from a text to exported models.
@Suite struct TutorialTests {
  private static let words = """
    அம்மா அப்பா வீடு மரம் கடல் மலை நதி வானம் பூமி நிலா சூரியன் மழை காற்று நெருப்பு தண்ணீர் பறவை மீன் யானை புலி சிங்கம்
    பள்ளி ஆசிரியர் மாணவன் புத்தகம் எழுத்து மொழி தமிழ் கவிதை கதை பாடல் இசை நடனம் ஓவியம் கோவில் நகரம் கிராமம் சாலை வண்டி
    """

  /// Lines that are indented by four spaces.
  private static func commands() throws -> [String] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Launch/docs/your-own-script.md")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("    ") }
      .map { $0.trimmingCharacters(in: .whitespaces) }
  }

  private static func shortened(_ command: String) -> String {
    let small = command.replacingOccurrences(of: "--count 20000", with: "--count 40")
      .replacingOccurrences(of: "--fonts all", with: "--fonts \"Noto Sans Tamil Bold\"")
      .replacing(/--epochs \d+/, with: "--epochs 1")
    let network = " --model '[1,24,0,1 Cr3,3,4 Mp2,2 Lbx8 O1c]' --batch-size 8 --micro-batch 4"
    return command.contains("akuru train") ? small + network : small
  }

  @Test func everyCommandRuns() throws {
    let folder = try TemporaryDirectory()
    try TutorialTests.words.write(toFile: folder.file("tamil.txt"), atomically: true, encoding: .utf8)
    var environment = quietMPIRun.merging(mpiEnvironment) { $1 }
    environment["OMPI_MCA_rmaps_base_oversubscribe"] = "1"
    environment["PATH"] =
      URL(fileURLWithPath: try product("akuru")).deletingLastPathComponent().path + ":"
      + (ProcessInfo.processInfo.environment["PATH"] ?? "")
    let commands = try TutorialTests.commands()
    #expect(commands.count == 12)
    for command in commands {
      let line = TutorialTests.shortened(command)
      let result = try run("bash", ["-c", line], environment: environment, directory: folder.path)
      #expect(result.exitCode == 0, "\(line): \(result.transcript)")
    }
    for file in ["sheet.png", "tamil.onnx", "tamil.safetensors", "runs/tamil/report.html"] {
      #expect(FileManager.default.fileExists(atPath: folder.file(file)), "\(file) is missing")
    }
  }
}
