import FlyingFox
import Foundation
import Messages

/// Correcting over HTTP:
///
///     GET  /correct               the page
///     GET  /correct/lines?from=N  lines, from the one that is doubted most
///     GET  /correct/image/N       the image of a line, PNG
///     POST /correct/line/N        {"text": ...} as application/json: saves the text of a line
extension RecognitionServer {
  private struct Correction: Codable {
    let text: String
  }

  /// Answers a request below `/correct`.
  func correct(_ request: HTTPRequest, _ desk: CorrectionDesk) async -> HTTPResponse {
    let parts = request.path.split(separator: "/").dropFirst().map(String.init)
    let number = parts.count == 2 ? Int(parts[1]).flatMap { (0..<desk.count).contains($0) ? $0 : nil } : nil
    switch (parts.first, number) {
    case (nil, _): return await only(.GET, request) { .page(correctingPage) }
    case ("lines", _) where parts.count == 1:
      let start = request.query["from"].flatMap { Int($0) } ?? 0
      return await only(.GET, request) { .json(.ok, desk.lines(from: start)) }
    case ("image", let number?): return await only(.GET, request) { image(number, desk) }
    case ("line", let number?): return await only(.POST, request) { await save(request, number, desk) }
    default: return .error(.notFound, "\(request.path.shortened): there is no such line")
    }
  }

  private func image(_ number: Int, _ desk: CorrectionDesk) -> HTTPResponse {
    do {
      return HTTPResponse(
        statusCode: .ok, headers: [.contentType: "image/png", HTTPHeader("Cache-Control"): "no-store"],
        body: Data(try desk.image(number)))
    } catch {
      return .error(.unprocessableContent, "\(error)")
    }
  }

  /// Other sites can make a browser send forms, but not JSON.
  private func save(_ request: HTTPRequest, _ number: Int, _ desk: CorrectionDesk) async -> HTTPResponse {
    guard request.headers[.contentType]?.hasPrefix("application/json") == true else {
      return .error(.unsupportedMediaType, "send {\"text\": ...} as application/json")
    }
    let body = await body(of: request, limit: 1 << 20, "the text is larger than 1 MiB")
    guard case .success(let bytes) = body else { return body.response }
    guard let correction = try? RunJSON.decode(Correction.self, from: String(decoding: bytes, as: UTF8.self)) else {
      return .error(.badRequest, "send {\"text\": ...} as application/json")
    }
    do {
      guard let text = try desk.save(correction.text, of: number) else {
        return .error(.unprocessableContent, "a text has 1 to 10,000 letters; leave the line out instead")
      }
      return .json(.ok, Correction(text: text))
    } catch {
      return .error(.internalServerError, "\(error)")
    }
  }
}
