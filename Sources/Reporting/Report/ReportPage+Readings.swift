import Foundation
import Messages

/// The predictions: samples, the worst errors, and the confusions.
extension ReportPage {
  var samples: HTML {
    guard other == nil, let snapshot = run.snapshot, !snapshot.samples.isEmpty else { return "" }
    return section(
      "samples", "Samples",
      """
      <p>\(snapshot.samples.count) of \(Chart.count(Double(snapshot.figures.images))) validation images, chosen at random \
      once, as they were read after step \(Chart.count(Double(snapshot.step))). Differences are \
      <mark>marked and underlined</mark>.</p>
      <div class="grid">\(snapshot.samples.map(card))</div>
      """)
  }

  var worst: HTML {
    guard other == nil, let snapshot = run.snapshot, !snapshot.worst.isEmpty else { return "" }
    return section(
      "worst", "Worst errors",
      "<p>The validation images with the most wrong letters. A wrong label shows here first.</p>\n"
        + "<div class=\"grid\">\(snapshot.worst.map(card))</div>")
  }

  /// Images of which most letters are wrong although the model reads well: their labels may be wrong.
  var doubtful: HTML {
    guard other == nil, let snapshot = run.snapshot else { return "" }
    let images = snapshot.doubtful
    guard !images.isEmpty else { return "" }
    let rows = images.map { image -> HTML in
      let texts = MarkedText.html(reference: image.reference, prediction: image.prediction)
      return """
        <tr><td class="path"><bdi>\(image.path)</bdi></td><td><span class="text">\(texts.reference)</span></td>\
        <td><span class="text">\(texts.prediction)</span></td></tr>

        """
    }
    let heads: HTML = "<th scope=\"col\">image</th><th scope=\"col\">says</th><th scope=\"col\">read</th>"
    return section(
      "doubtful", "Labels to look at",
      """
      <p>The model reads well, and reads most letters of these images in another way. \
      <a href="\(EvaluationSnapshot.doubtfulList)">The list</a> opens as a spreadsheet; akuru check DATA --suspects look.tsv \
      looks at the training data.</p>
      \(table(heads: heads, rows))
      """)
  }

  /// Images that two runs read differently.
  var differences: HTML {
    guard let other, let a = run.snapshot, let b = other.snapshot else { return "" }
    let readings = Dictionary((b.samples + b.worst).map { ($0.path, $0) }) { first, _ in first }
    var seen: Set<String> = []
    let pairs = (a.samples + a.worst).compactMap { image -> (EvaluationSnapshot.Image, EvaluationSnapshot.Image)? in
      guard seen.insert(image.path).inserted, let second = readings[image.path], second.reference == image.reference,
        second.prediction != image.prediction
      else { return nil }
      return (image, second)
    }
    guard !pairs.isEmpty else { return "" }
    let cards = pairs.map { first, second -> HTML in
      let texts = [first, second].map { MarkedText.html(reference: $0.reference, prediction: $0.prediction).prediction }
      return """
        <article class="card\(first.width > 300 ? " wide" : "")">\(picture(first))
        <dl><dt>says</dt><dd class="text">\(MarkedText.html(first.reference))</dd><dt>A read</dt>\
        <dd class="text">\(texts[0])</dd><dt>B read</dt><dd class="text">\(texts[1])</dd></dl>
        <p class="path"><bdi>\(first.path)</bdi></p></article>

        """
    }
    return section(
      "differences", "Read differently",
      "<p>Of the images that both reports show, those that the two runs read differently.</p>\n"
        + "<div class=\"grid\">\(cards)</div>")
  }

  /// An image with its reference and prediction.
  private func card(_ image: EvaluationSnapshot.Image) -> HTML {
    let texts = MarkedText.html(reference: image.reference, prediction: image.prediction)
    let verdict: HTML =
      image.edits == 0
      ? "<p class=\"right\">read without error</p>"
      : "<p class=\"wrong\">\(counted(image.edits, "letter")) wrong</p>"
    return """
      <article class="card\(image.width > 300 ? " wide" : "")">\(picture(image))
      <dl><dt>says</dt><dd class="text">\(texts.reference)</dd><dt>read</dt><dd class="text">\(texts.prediction)</dd></dl>
      \(verdict)<p class="path"><bdi>\(image.path)</bdi></p></article>

      """
  }

  private func picture(_ image: EvaluationSnapshot.Image) -> HTML {
    image.png.isEmpty
      ? "<p class=\"none\">The image could not be read.</p>"
      : """
      <div class="picture" dir="\(MarkedText.direction(of: image.reference))"\(image.width > 300 ? " tabindex=\"0\" role=\"group\" aria-label=\"image, scrolls sideways\"" : "")>\
      <img src="data:image/png;base64,\(image.png.base64EncodedString())" width="\(image.width)" height="\(image.height)" \
      alt="Image of the text \(image.reference)" loading="lazy"/></div>
      """
  }

  var confusions: HTML {
    guard other == nil, let snapshot = run.snapshot, !snapshot.confusions.isEmpty else { return "" }
    let rows = snapshot.confusions.map { confusion -> HTML in
      """
      <tr><td class="number">\(confusion.count)</td><td>\(letter(confusion.reference))</td>\
      <td>\(letter(confusion.prediction))</td><td class="path">\
      \(confusion.images.enumerated().map { i, path -> HTML in "\(i == 0 ? "" : ", ")<bdi>\(path)</bdi>" })</td></tr>

      """
    }
    let heads: HTML = """
      <th scope="col">times</th><th scope="col">says</th><th scope="col">read as</th><th scope="col">images</th>
      """
    let first = 15
    let rest: HTML =
      rows.count > first
      ? """
      <details><summary>\(rows.count - first) more</summary>
      \(table(heads: heads, Array(rows.dropFirst(first))))
      </details>
      """ : ""
    return section(
      "confusions", "What is taken for what",
      "<p>Single letters (Unicode scalars), the most frequent first, and images that show them.</p>\n"
        + table(heads: heads, Array(rows.prefix(first))) + rest)
  }

  /// A scalar with its code point; a combining mark gets a dotted circle.
  private func letter(_ text: String) -> HTML {
    guard let scalar = text.unicodeScalars.first else { return "<i class=\"none\">nothing</i>" }
    let name = scalar.properties.name.map { name -> HTML in " title=\"\(name)\"" }
    let isVisible = scalar.shownAlone != scalar.codePoint
    let code: HTML = isVisible ? " <small>\(scalar.codePoint)</small>" : ""
    return """
      <bdi class="\(isVisible ? "text" : "invisible")" lang="\(MarkedText.language(of: text))"\(name ?? "")>\
      \(scalar.shownAlone)</bdi>\(code)
      """
  }
}
