import FlyingFox
import Foundation
import Datasets
import Images
import Messages
import Recognition

/// What `/health` and the page say of the model.
package struct ServedModel: Encodable, Sendable {
  let status = "ok"
  package let checkpoint: String
  /// The name of its network.
  package let network: String
  /// Letters of its alphabet.
  package let letters: Int
  /// Its character error rate on its validation data, if the checkpoint says it.
  package let cer: Double?

  package init(checkpoint: String, network: String, letters: Int, cer: Double?) {
    (self.checkpoint, self.network, self.letters, self.cer) = (checkpoint, network, letters, cer)
  }
}

extension RecognitionServer: HTTPHandler {
  /// Answers one request.
  package func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
    if let desk, request.path == "/correct" || request.path.hasPrefix("/correct/") {
      return await correct(request, desk)
    }
    switch request.path {
    case "/": return await only(.GET, request) { .page(readingPage) }
    case "/health": return await only(.GET, request) { .json(.ok, model) }
    case "/read": return await only(.POST, request) { await read(request) }
    case "/page": return await only(.POST, request) { await readPage(request) }
    default:
      return .error(
        .notFound, "\(request.path.shortened): nothing is here; POST an image to /read, or open / in a browser")
    }
  }

  func only(
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
    let limit = RecognitionServer.largestBody
    let body = await body(
      of: request, limit: limit, "the image is larger than \(limit >> 20) MiB; cut it into lines or scale it down")
    guard case .success(let bytes) = body else { return body.response }
    if request.headers[.contentType]?.hasPrefix("multipart/") == true {
      return .error(
        .unsupportedMediaType,
        "send the image file itself as the body, not a form: curl --data-binary @photo.png URL/read; pages go to URL/page"
      )
    }
    if bytes.isEmpty {
      return .error(.badRequest, "the body is empty; send an image file: curl --data-binary @photo.png")
    }
    return await answering {
      guard let reading = try await worker.read(bytes) else { return .tooMany }
      return .json(.ok, reading)
    }
  }

  private func readPage(_ request: HTTPRequest) async -> HTTPResponse {
    let limit = RecognitionServer.largestPage
    let body = await body(
      of: request, limit: limit, "page and image are larger than \(limit >> 20) MiB; scale the image down")
    guard case .success(let bytes) = body else { return body.response }
    let example = "curl -F page=@page.xml -F image=@page.jpg URL/page"
    guard let form = MultipartForm(bytes, contentType: request.headers[.contentType] ?? "") else {
      return .error(.badRequest, "send a form with the page's file and its image: \(example)")
    }
    guard let page = form["page"], let image = form["image"] else {
      let missing = form["page"] == nil ? "page" : "image"
      return .error(.badRequest, "the form has no file \"\(missing)\"; send both: \(example)")
    }
    let asked = request.query["format"] ?? form["format"].map { String(decoding: $0.bytes, as: UTF8.self) }
    let format = asked.flatMap { PageFormat(rawValue: $0) }
    if let asked, format == nil {
      let names = PageFormat.allCases.map(\.rawValue).joined(separator: ", ")
      return .error(.badRequest, "format \"\(asked.shortened)\" is unknown; the formats are \(names)")
    }
    let name = page.fileName.flatMap { $0.isEmpty ? nil : $0.shortened } ?? "the page"
    return await answering {
      guard let read = try await worker.read(page: page.bytes, name: name, image: image.bytes) else { return .tooMany }
      let file = try read.transcript.written(as: format, time: Date.now.inUTC)
      if request.headers[HTTPHeader("Accept")]?.contains("application/json") == true {
        return .json(.ok, try read.answer(file))
      }
      return .file(file, format ?? PageFormat(read.transcript.document.schema), unread: read.errors.count)
    }
  }

  /// The answer, or the error in one line with the status of its kind.
  private func answering(_ body: () async throws -> HTTPResponse) async -> HTTPResponse {
    do {
      return try await body()
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

  /// The body. Part of one that is too large is received and discarded, since many clients read the answer only after sending
  /// all of it.
  func body(of request: HTTPRequest, limit: Int, _ tooLarge: String) async -> Result<[UInt8], RefusedBody> {
    let refused = RefusedBody(response: .error(.payloadTooLarge, tooLarge))
    if let count = request.bodySequence.count, count > 4 * limit { return .failure(refused) }
    var bytes: [UInt8] = []
    var received = 0
    do {
      for try await piece in request.bodySequence {
        received += piece.count
        if received > 4 * limit { return .failure(refused) }
        if received <= limit { bytes += piece } else { bytes = [] }
      }
    } catch {
      return .failure(RefusedBody(response: .error(.badRequest, "the request ended too early; send it again")))
    }
    return received <= limit ? .success(bytes) : .failure(refused)
  }
}

/// A body that is not used, and what is answered.
struct RefusedBody: Error {
  let response: HTTPResponse
}

extension Result where Failure == RefusedBody {
  var response: HTTPResponse {
    if case .failure(let refused) = self { refused.response } else { .error(.internalServerError, "no answer") }
  }
}

extension Date {
  /// As files of pages say it: UTC, to the second.
  var inUTC: String {
    formatted(Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day().time(includingFractionalSeconds: false))
  }
}

extension HTTPResponse {
  static func json(_ status: HTTPStatusCode, _ value: some Encodable) -> HTTPResponse {
    let text = (try? RunJSON.line(value)) ?? "{}"
    return HTTPResponse(
      statusCode: status,
      headers: [.contentType: "application/json; charset=utf-8", HTTPHeader("Cache-Control"): "no-store"],
      body: Data((text + "\n").utf8))
  }

  static func error(_ status: HTTPStatusCode, _ message: String) -> HTTPResponse {
    json(status, ["error": message.onOneLine])
  }

  static var tooMany: HTTPResponse {
    error(.serviceUnavailable, "too many images are waiting; try again in a moment")
  }

  /// A page's file. A header says how many of its lines were not read.
  fileprivate static func file(_ bytes: [UInt8], _ format: PageFormat, unread: Int) -> HTTPResponse {
    let type =
      switch format {
      case .page, .alto: "application/xml"
      case .hocr: "application/xhtml+xml"
      case .text: "text/plain; charset=utf-8"
      case .jsonl: "application/jsonl"
      }
    return HTTPResponse(
      statusCode: .ok,
      headers: [
        .contentType: type, HTTPHeader("Cache-Control"): "no-store", HTTPHeader("Akuru-Unread-Lines"): "\(unread)",
      ], body: Data(bytes))
  }

  static func page(_ text: String) -> HTTPResponse {
    HTTPResponse(
      statusCode: .ok,
      headers: [
        .contentType: "text/html; charset=utf-8",
        HTTPHeader("Content-Security-Policy"):
          "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src 'self' blob:; connect-src 'self'",
      ], body: Data(text.utf8))
  }
}
