import Datasets
import Images

extension ImageReader {
  /// Reads the lines of a page, each cut out of its image and straightened.
  ///
  /// - Returns: what was read in each line of the page's document, or why it was not read: ``UnreadableImage``, which names it.
  /// - Throws: `DataSetError` if the page's image cannot be used.
  package func read(_ page: PageToRead) throws -> [Result<LineTranscript, any Error>] {
    let cutter = try page.cutter()
    var results: [Result<LineTranscript, any Error>] = []
    var lines = page.document.lines[...]
    while !lines.isEmpty {
      var (names, places, inputs): ([String], [LinePlace?], [Result<LineInput, any Error>]) = ([], [], [])
      var columns = 0
      while inputs.count < ImageReader.window, columns < ImageReader.windowColumns, let line = lines.popFirst() {
        let name = "\(page.path)#\(line.id)"
        names.append(name)
        do {
          let (place, input) = try cut(line, cutter, name)
          columns += input.image.width
          places.append(place)
          inputs.append(.success(input))
        } catch {
          places.append(nil)
          inputs.append(.failure(error))
        }
      }
      for (result, place) in zip(try read(inputs, names, confidence: true), places) {
        results.append(result.map { LineTranscript($0, place) })
      }
    }
    return results
  }

  private func cut(_ line: PageDocument.Line, _ cutter: LineCutter, _ name: String) throws -> (LinePlace, LineInput) {
    if let fault = line.fault { throw UnreadableImage("\(name): \(fault)") }
    let (place, image): (LinePlace, GrayImage)
    do throws(LineError) {
      place = try cutter.place(of: line.outline)
      image = try cutter.cut(line.outline)
    } catch {
      throw UnreadableImage("\(name): \(error)")
    }
    return (place, try input(image, name: name))
  }
}

extension LineTranscript {
  /// What was read in a line, its places those of the page.
  fileprivate init(_ reading: Reading, _ place: LinePlace?) {
    func polygon(_ box: LineOutline.Box) -> [PagePoint] { place?.polygon(of: box) ?? [] }
    self.init(
      text: reading.text, confidence: reading.confidence ?? 0,
      words: (reading.words ?? []).map { Part(text: $0.text, confidence: $0.confidence, polygon: polygon($0.box)) },
      letters: (reading.letters ?? []).map {
        Part(text: $0.letter, confidence: $0.confidence, polygon: polygon($0.box))
      })
  }
}
