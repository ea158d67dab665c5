import DataPreparation
import Datasets
import Files
import Foundation
import Images
import Messages
import Recognition

/// The newest evaluation of a run, with the shown images: `RUN/evaluation.json`. The report is made from it,
/// so it can be made again without the data.
package struct EvaluationSnapshot: Codable, Sendable {
  var step: Int
  var epoch: Int
  var figures: EvaluationReport
  var samples: [Image]
  var worst: [Image]
  var confusions: [Confusion]
  var ranks: [RankTiming]

  struct Image: Codable, Sendable {
    let path: String
    let reference: String
    let prediction: String
    let edits: Int
    /// A PNG file, as the network sees the image, but at most ``largestHeight`` lines high; empty if it could not be
    /// read.
    let png: Data
    let width: Int
    let height: Int
  }

  static let largestHeight = 96
  /// Bytes of the file.
  static let largestFile = 64 << 20

  package init(
    _ report: EvaluationReport, _ findings: Findings, of data: AuditedDataSet, ranks: [RankTiming], step: Int,
    epoch: Int
  ) {
    (self.step, self.epoch, figures, self.ranks) = (step, epoch, report, ranks)
    confusions = findings.confusions
    let buffer = ImageBuffer()
    let records = data.dataSet.records
    func shown(_ image: Findings.Image) -> Image {
      let picture = EvaluationSnapshot.picture(image.sample, of: data.source, buffer)
      let png = picture.flatMap { try? PNG.encode($0) } ?? []
      return Image(
        path: records[image.sample].path, reference: records[image.sample].text, prediction: image.prediction,
        edits: image.edits, png: Data(png), width: picture?.width ?? 0, height: picture?.height ?? 0)
    }
    (samples, worst) = (findings.samples.map(shown), findings.worst.map(shown))
  }

  private static func picture(_ sample: Int, of source: any ImageSource, _ buffer: ImageBuffer) -> GrayImage? {
    guard (try? source.load(sample, into: buffer)) != nil else { return nil }
    let view = buffer.view
    let image = GrayImage(
      width: view.width, height: view.height, pixels: Array(UnsafeBufferPointer(start: view.pixels, count: view.count)))
    guard view.height > largestHeight else { return image }
    let width = max(1, view.width * largestHeight / view.height)
    return image.resized(width: width, height: largestHeight, by: buffer.resampler)
  }

  /// The name of the list of ``doubtful``.
  static let doubtfulList = "doubtful.tsv"

  /// Of the worst images of a model that reads well, those of which it reads most letters in another way.
  var doubtful: [Image] {
    guard figures.cer < 0.2 else { return [] }
    return worst.filter { 2 * $0.edits > max(1, $0.reference.unicodeScalars.count) }
  }

  /// ``doubtful`` as lines: image, text and what was read, with tabs between.
  var doubtfulLines: String {
    ([["image", "says", "read"]] + doubtful.map { [$0.path, $0.reference, $0.prediction] })
      .map { $0.map(\.onOneLine).joined(separator: "\t") + "\n" }.joined()
  }

  /// Reads `evaluation.json`; nil if it is missing, or not written by Akuru.
  static func read(_ path: String) throws(FileError) -> EvaluationSnapshot? {
    guard let text = try boundedText(path, limit: largestFile) else { return nil }
    return try? RunJSON.decode(EvaluationSnapshot.self, from: text)
  }
}

/// A text file as a whole; nil if it is missing or larger than `limit` bytes.
func boundedText(_ path: String, limit: Int) throws(FileError) -> String? {
  guard try kind(of: path) == .file else { return nil }
  let file = try OpenFile.reading(path)
  let size = try file.size()
  return size <= limit ? String(decoding: try file.bytes(size, at: 0), as: UTF8.self) : nil
}
