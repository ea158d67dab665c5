import Datasets
import Foundation
import Images

/// A line of a data set, and what a model reads in it.
package struct DoubtedLine: Sendable {
  /// Its place in the data set.
  package let record: Int
  package let reading: Reading
  /// ln p(the line's text | image) for each of its letters, and one more for its end: the less, the more the model doubts the text.
  /// -infinity for a text with letters that the model does not know, or with more than the image has room for.
  package let score: Double
}

extension ImageReader {
  /// Reads a data set. Records that cannot be read are left out; `akuru check` names them.
  ///
  /// - Parameter progress: called for each record.
  /// - Returns: the lines, from the text that the model doubts most to that of which it is surest.
  package func doubtedLines(of dataSet: DataSet, progress: () -> Void) throws -> [DoubtedLine] {
    let images = RecordImages()
    var lines: [DoubtedLine] = []
    var next = 0
    while next < dataSet.records.count {
      var (places, inputs, columns): ([Int], [Result<LineInput, any Error>], Int) = ([], [], 0)
      while inputs.count < ImageReader.window, columns < ImageReader.windowColumns, next < dataSet.records.count {
        let record = dataSet.records[next]
        if record.fault == nil, let image = try? images.image(of: record),
          var input = try? input(image, name: record.path)
        {
          input.reference = record.text
          columns += input.image.width
          places.append(next)
          inputs.append(.success(input))
        }
        next += 1
        progress()
      }
      let results = try read(inputs, places.map { dataSet.records[$0].path }, confidence: true)
      for (place, result) in zip(places, results) {
        let reading = try result.get()
        lines.append(DoubtedLine(record: place, reading: reading, score: reading.referenceScore ?? -.infinity))
      }
    }
    return lines.sorted { ($0.score, $0.record) < ($1.score, $1.record) }
  }
}
