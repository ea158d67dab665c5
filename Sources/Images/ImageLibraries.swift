import CJPEG
import CPNG
import CTIFF
import CWebP
import Foundation
import Messages

/// The libraries that decode images, as this process uses them. Their versions may decode an image to other pixels.
package enum ImageLibraries {
  /// The name and the version of each.
  package static var versions: [(name: String, value: String)] {
    [
      ("libpng", String(png_access_version_number())),
      ("libjpeg", "\(fileName(of: "libjpeg")), \(jpegVersion)"),
      (
        "libtiff",
        TIFFGetVersion().map { String(cString: $0).split(separator: "\n").first.map(String.init) ?? "" } ?? ""
      ),
      ("libwebp", String(WebPGetDecoderVersion(), radix: 16)),
    ]
  }

  /// libjpeg's own text about its version, which is the same in many versions of libjpeg-turbo.
  private static var jpegVersion: String {
    String(cString: akuru_jpeg_version()).split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// The name of the file of a library that this process has loaded, without links: it has the library's version.
  private static func fileName(of library: String) -> String {
    let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
    let names = maps.split(separator: "\n").lazy.compactMap { $0.split(separator: "/").last }
    return names.first { $0.hasPrefix("\(library).") }.map { String($0).onOneLine } ?? "file unknown"
  }
}
