import FlyingFox
import FlyingSocks
import Foundation
import Images
import Messages
import Recognition
import Synchronization

/// Reads images over HTTP: `akuru serve`.
///
///     GET /          a page that reads images and pages dropped on it
///     POST /read     an image file as the body; the answer is an object with text, confidence and letters
///     POST /page     a form with the files page (PAGE-XML or ALTO) and image; the answer is the page with its texts
///     GET /health    whether the server answers, and with which model
///     /correct       corrects lines, if there is a ``CorrectionDesk``
///
/// Every error is an object with `error`, one line that gives the remedy, and a status code of 400 or above.
package struct RecognitionServer: Sendable {
  /// The largest accepted image, in bytes.
  package static let largestBody = 16 << 20
  /// The largest accepted page with its image, in bytes.
  static let largestPage = 128 << 20
  /// The largest number of requests that wait for the network.
  static let longestQueue = 32

  let worker: ReadingWorker
  let model: ServedModel
  let desk: CorrectionDesk?

  /// - Parameter desk: the lines to correct, if there are any.
  package init(_ reader: sending ImageReader, model: ServedModel, desk: CorrectionDesk? = nil) {
    worker = ReadingWorker(reader)
    (self.model, self.desk) = (model, desk)
  }

  /// Listens until SIGINT or SIGTERM; blocks the thread, which must be the main one.
  ///
  /// - Parameters:
  ///   - host: an address of this machine, IPv4 or IPv6, or localhost.
  ///   - port: 0 selects a free port.
  ///   - listening: called with the page's address once requests are answered.
  /// - Throws: ``ServingError``.
  package func run(host: String, port: UInt16, listening: @escaping @Sendable (String) -> Void) throws {
    let server = HTTPServer(config: try configuration(host: host, port: port), handler: self)
    let outcome = Outcome()
    signal(SIGPIPE, SIG_IGN)  // A client that has disconnected must not end the server.
    let signals = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        outcome.requestStop()
        Task {
          await server.stop(timeout: 2)
          outcome.end(nil)
        }
      }
      source.resume()
      return source
    }
    defer { for source in signals { source.cancel() } }
    Task {
      // If it fails, run() fails as well, and reports the reason.
      guard (try? await server.waitUntilListening(timeout: 10)) != nil else { return }
      listening(RecognitionServer.page(await server.listeningAddress, host: host, port: port))
    }
    Task {
      do {
        try await server.run()
        outcome.end(nil)
      } catch {
        outcome.end(error)
      }
    }
    // Stopping closes the listening socket, which ends run() with an error.
    guard let error = outcome.wait() else { return }
    var reason = "\(error)"
    if let error = error as? SocketError, case .failed(_, _, let message) = error { reason = message }
    throw ServingError("cannot serve on \(host), port \(port): \(reason); choose another --host or --port")
  }

  private func configuration(host: String, port: UInt16) throws -> HTTPServer.Configuration {
    let logger: any Logging = .disabled
    // Most of this time allows for receiving an image over a slow network.
    let timeout = 60.0
    if let address = try? sockaddr_in.inet(ip4: host == "localhost" ? "127.0.0.1" : host, port: port) {
      return HTTPServer.Configuration(address: address, timeout: timeout, logger: logger)
    }
    if let address = try? sockaddr_in6.inet6(ip6: host, port: port) {
      return HTTPServer.Configuration(address: address, timeout: timeout, logger: logger)
    }
    throw ServingError("--host \(host): not an address; give one such as 127.0.0.1, 0.0.0.0 or ::1")
  }

  private static func page(_ address: Socket.Address?, host: String, port: UInt16) -> String {
    switch address {
    case .ip4(let address, let port): "http://\(address):\(port)/"
    case .ip6(let address, let port): "http://[\(address)]:\(port)/"
    default: "http://\(host):\(port)/"
    }
  }
}

/// The outcome of the server.
private final class Outcome: Sendable {
  private let done = DispatchSemaphore(value: 0)
  private let state = Mutex<(isStopped: Bool, error: (any Error)?)>((false, nil))

  /// Requests a stop; later errors are ignored.
  func requestStop() { state.withLock { $0.isStopped = true } }

  func end(_ error: (any Error)?) {
    let counts = state.withLock {
      if $0.error == nil { $0.error = error }
      // After a stop, wait for open requests, not for the end of listening.
      return !$0.isStopped || error == nil
    }
    if counts { done.signal() }
  }

  /// Waits until the server ends or is stopped; returns the error unless it was stopped.
  func wait() -> (any Error)? {
    done.wait()
    return state.withLock { $0.isStopped ? nil : $0.error }
  }
}

/// The server cannot start; exit status 4.
package struct ServingError: Error, CustomStringConvertible, ExitStatusProviding {
  package let description: String
  package var exitStatus: ExitStatus { .inputOutput }

  init(_ description: String) { self.description = description.onOneLine }
}
