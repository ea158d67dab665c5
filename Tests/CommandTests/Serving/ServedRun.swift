import Foundation
import TestSupport
import Testing

/// A server with the run of a workshop, which ends when the object goes.
final class ServedRun {
  static let chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  let workshop: Workshop
  let process: RunningProcess
  let address: String
  private var hasEnded = false

  /// - Parameter options: further ones of `akuru serve`, given the workshop.
  init(_ options: (Workshop) -> [String] = { _ in [] }) throws {
    workshop = try Workshop(train: 10, validation: 3)
    try workshop.train(Recipes.seed, "run", ["--max-steps", "30"])
    let process = try RunningProcess(
      product("akuru"), ["serve", "--checkpoint", workshop.path("run"), "--port", "0"] + options(workshop))
    self.process = process
    #expect(waitUntil(60) { process.stdout.contains("\n") }, "\(process.stderr)")
    // With --correct, the address is that of its page.
    address = String((process.stdout.split(separator: " ").first ?? "").replacing("correct", with: ""))
    #expect(address.hasPrefix("http://127.0.0.1:"))
  }

  deinit { if !hasEnded { process.send(signal: SIGKILL) } }

  func end(_ signal: Int32) throws -> ProcessResult {
    process.send(signal: signal)
    hasEnded = true
    return try process.wait(timeout: 20)
  }

  /// Status code and body of a request.
  func request(_ path: String, _ options: [String] = []) throws -> (status: Int, body: String) {
    let result = try run(
      "curl", ["-sS", "--max-time", "60", "-w", "\n%{http_code}", address + path] + options, timeout: 90)
    #expect(result.exitCode == 0, "\(result.transcript)")
    let end = result.stdout.lastIndex(of: "\n") ?? result.stdout.startIndex
    return (Int(result.stdout[end...].dropFirst()) ?? 0, String(result.stdout[..<end]))
  }

  func send(_ file: String, _ options: [String] = []) throws -> (status: Int, body: String) {
    try request("read", ["--data-binary", "@\(file)", "-H", "Content-Type: image/png"] + options)
  }
}
