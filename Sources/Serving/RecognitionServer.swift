import FlyingFox
import FlyingSocks
import Foundation
import Images
import Messages
import Recognition
import Synchronization

/// Reads images over HTTP: `akuru serve`.
///
///     GET /          a page that reads an image dropped on it
///     POST /read     an image file as the body; the answer is an object with text, confidence and letters
///     GET /health    whether the server answers, and with which checkpoint
///
/// Every error is an object with `error`, one line that gives the remedy, and a status code of 400 or above.
package struct RecognitionServer: Sendable {
  /// The largest accepted image, in bytes.
  package static let largestBody = 16 << 20
  /// The largest number of requests that wait for the network.
  static let longestQueue = 32

  private let worker: ReadingWorker
  private let checkpoint: String

  /// - Parameter checkpoint: its name in `/health`.
  package init(_ reader: sending ImageReader, checkpoint: String) {
    worker = ReadingWorker(reader)
    self.checkpoint = checkpoint
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

extension RecognitionServer: HTTPHandler {
  /// Answers one request.
  package func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
    switch request.path {
    case "/": return await only(.GET, request) { .page }
    case "/health": return await only(.GET, request) { .json(.ok, ["status": "ok", "checkpoint": checkpoint]) }
    case "/read": return await only(.POST, request) { await read(request) }
    default:
      return .error(
        .notFound, "\(request.path.shortened): nothing is here; POST an image to /read, or open / in a browser")
    }
  }

  private func only(
    _ method: HTTPMethod, _ request: HTTPRequest, _ respond: () async -> HTTPResponse
  ) async -> HTTPResponse {
    if request.method == method || method == .GET && request.method == .HEAD {
      var response = await respond()
      if request.method == .HEAD { response = HTTPResponse(statusCode: response.statusCode, headers: response.headers) }
      return response
    }
    var response = HTTPResponse.error(
      .methodNotAllowed, "\(request.method.rawValue.shortened) \(request.path): use \(method.rawValue)")
    response.headers[HTTPHeader("Allow")] = method.rawValue
    return response
  }

  private func read(_ request: HTTPRequest) async -> HTTPResponse {
    let bytes: [UInt8]
    do {
      guard let received = try await body(of: request) else {
        return .error(
          .payloadTooLarge,
          "the image is larger than \(RecognitionServer.largestBody >> 20) MiB; cut it into lines or scale it down")
      }
      bytes = received
    } catch {
      return .error(.badRequest, "the request ended too early; send it again")
    }
    if request.headers[.contentType]?.hasPrefix("multipart/") == true {
      return .error(
        .unsupportedMediaType,
        "send the image file itself as the body, not a form: curl --data-binary @photo.png URL/read")
    }
    if bytes.isEmpty {
      return .error(.badRequest, "the body is empty; send an image file: curl --data-binary @photo.png")
    }
    do {
      guard let reading = try await worker.read(bytes) else {
        return .error(.serviceUnavailable, "too many images are waiting; try again in a moment")
      }
      return .json(.ok, reading)
    } catch let error as ImageError {
      switch error.reason {
      case .otherFormat, .unsupported: return .error(.unsupportedMediaType, "\(error)")
      case .tooLarge: return .error(.payloadTooLarge, "\(error)")
      default: return .error(.unprocessableContent, "\(error)")
      }
    } catch {
      return .error(.unprocessableContent, "\(error)")
    }
  }

  /// The body, or nil if it is too large. Part of a larger body is received and discarded, since many clients read the
  /// answer only after sending all of it.
  private func body(of request: HTTPRequest) async throws -> [UInt8]? {
    let limit = RecognitionServer.largestBody
    if let count = request.bodySequence.count, count > 4 * limit { return nil }
    var bytes: [UInt8] = []
    var received = 0
    for try await piece in request.bodySequence {
      received += piece.count
      if received > 4 * limit { return nil }
      if received <= limit { bytes += piece } else { bytes = [] }
    }
    return received <= limit ? bytes : nil
  }
}

extension HTTPResponse {
  fileprivate static func json(_ status: HTTPStatusCode, _ value: some Encodable) -> HTTPResponse {
    let text = (try? RunJSON.line(value)) ?? "{}"
    return HTTPResponse(
      statusCode: status,
      headers: [.contentType: "application/json; charset=utf-8", HTTPHeader("Cache-Control"): "no-store"],
      body: Data((text + "\n").utf8))
  }

  fileprivate static func error(_ status: HTTPStatusCode, _ message: String) -> HTTPResponse {
    json(status, ["error": message.onOneLine])
  }

  fileprivate static var page: HTTPResponse {
    HTTPResponse(
      statusCode: .ok,
      headers: [
        .contentType: "text/html; charset=utf-8",
        HTTPHeader("Content-Security-Policy"):
          "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src blob:; connect-src 'self'",
      ], body: Data(readingPage.utf8))
  }
}
