import Foundation
import Messages

/// The page `report.html`: one run, or two side by side. One file without scripts or links to anything outside.
struct ReportPage {
  let run: RunRecord
  /// Another run to compare with.
  var other: RunRecord?

  /// By this a report is known, in its first lines.
  static let generator = #"<meta name="generator" content="Akuru"#

  /// The complete HTML file.
  var document: String {
    let title: HTML = other.map { "\(run.name) and \($0.name)" } ?? "\(run.name)"
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      \(HTML(markup: ReportPage.generator)) \(akuruVersion)"/>
      <title>\(title) - Akuru</title>
      <style>\(HTML(markup: ReportStyle.css))</style>
      </head>
      <body>
      <header>
      <h1>\(title)</h1>
      \(overview)
      </header>
      <main>
      \(figures)\(curves)\(differences)\(samples)\(worst)\(doubtful)\(confusions)\(ranks)\(evaluations)\(configuration)\(commands)
      </main>
      <footer><p>Written by Akuru \(akuruVersion) on \(ReportPage.date).</p></footer>
      </body>
      </html>

      """
    return page.markup
  }

  private static var date: HTML {
    let stamp = timeStamp()
    return
      "<time datetime=\"\(stamp)\">\(stamp.prefix(10).description) \(stamp.dropFirst(11).prefix(5).description)</time>"
  }

  // MARK: Figures

  private var figures: HTML {
    let runs = [run] + [other].compactMap { $0 }
    guard runs.contains(where: { $0.history.best != nil }) else { return "" }
    func row(_ name: String, _ value: (RunRecord) -> Double?, _ format: (Double) -> String) -> HTML {
      let values = runs.map(value)
      let cells = values.map { value -> HTML in "<td>\(value.map(format) ?? "-")</td>" }
      var difference: HTML = ""
      if runs.count == 2 {
        let text = if let a = values[0], let b = values[1] { (b - a > 0 ? "+" : "") + format(b - a) } else { "-" }
        difference = "<td>\(text)</td>"
      }
      return "<tr><th scope=\"row\">\(name)</th>\(cells)\(difference)</tr>\n"
    }
    let heads: HTML =
      runs.count == 2
      ? "<th scope=\"col\">A: \(runs[0].name)</th><th scope=\"col\">B: \(runs[1].name)</th><th scope=\"col\">B minus A</th>"
      : "<th scope=\"col\">value</th>"
    let rows: [HTML] = [
      row("Character error rate (CER)", { $0.history.best?.cer }, percent),
      row("Grapheme error rate", { $0.history.best?.graphemeCER }, percent),
      row("Word error rate", { $0.history.best?.wer }, percent),
      row("Images read without error", { $0.history.best?.exactMatch }, percent),
      row("Validation loss", { $0.history.best.flatMap { $0.loss.isFinite ? $0.loss : nil } }) {
        $0.formatted(decimals: 4)
      },
      row("Step", { $0.history.best.map { Double($0.step) } }, Chart.count),
      row("Validation images", { $0.history.best.map { Double($0.images) } }, Chart.count),
      row("Images trained on per second, last", { $0.history.lastStep?.imagesPerSecond }, Chart.count),
      row("Weights", { $0.configuration?["weights"]?.integer.map(Double.init) }, Chart.count),
      row("Processes", { Double($0.ranks) }, Chart.count),
    ]
    return section(
      "figures", "Figures", "<p>The best weights on the validation data.</p>" + table(heads: "<td></td>\(heads)", rows))
  }

  // MARK: Curves

  private var curves: HTML {
    func series(_ curves: [(String, KeyPath<RunHistory, Curve>)]) -> [Chart.Series] {
      let runs: [(String, RunRecord, Bool)] =
        other.map { [("A ", run, false), ("B ", $0, true)] } ?? [("", run, false)]
      // Of two runs, each has a color; of one run, each curve.
      return runs.flatMap { prefix, run, isOther in
        curves.enumerated().map { i, curve in
          Chart.Series(
            name: prefix + curve.0, curve: run.history[keyPath: curve.1],
            color: other == nil ? i + 1 : isOther ? 2 : 1, isDashed: other != nil && i > 0)
        }
      }
    }
    func short(_ value: Double) -> String { String(format: "%.3g", value) }
    let learning = [
      Chart(
        title: "Loss", format: short, series: series([("training", \.loss), ("validation", \.validationLoss)]),
        mayBeLogarithmic: true),
      Chart(
        title: "Character error rate on the validation data", format: { short(100 * $0) + " %" },
        series: series([("CER", \.cer)]), mayBeLogarithmic: true),
      Chart(
        title: "Images read without error", format: { short(100 * $0) + " %" },
        series: series([("exact", \.exactMatch)])),
    ]
    let engineering = [
      Chart(title: "Learning rate", format: short, series: series([("rate", \.learningRate)])),
      Chart(
        title: "Images per second", format: Chart.count, series: series([("images/s", \.imagesPerSecond)])),
      Chart(
        title: "Share of the time that rank 0 waits", format: { short(100 * $0) + " %" },
        series: series([("for images", \.waiting), ("for sums over ranks", \.reducing)])),
      Chart(
        title: "Norm of the gradient", format: short, series: series([("norm", \.gradientNorm)]), mayBeLogarithmic: true
      ),
      Chart(
        title: "Gradient noise scale in images: batches up to here pay", format: short,
        series: series([("noise scale", \.gradientNoise)]), mayBeLogarithmic: true),
    ]
    func html(_ charts: [Chart]) -> [HTML] { charts.map(\.html).filter { !$0.markup.isEmpty } }
    let (first, rest) = (html(learning), html(engineering))
    guard !(first + rest).isEmpty else { return "" }
    let folded: HTML =
      rest.isEmpty
      ? ""
      : "<details><summary>Rate, speed, waiting and gradients</summary>\n<div class=\"charts\">\(rest)</div></details>"
    return section(
      "curves", "Curves",
      "<p>By training step. Point at a curve, or touch it, for its values.</p>\n<div class=\"charts\">\(first)</div>\(folded)"
    )
  }

  // MARK: Helpers of all sections

  /// A part of the page with a heading.
  func section(_ id: String, _ title: HTML, _ content: HTML) -> HTML {
    "<section aria-labelledby=\"\(id)\">\n<h2 id=\"\(id)\">\(title)</h2>\n\(content)\n</section>\n"
  }

  /// A table that scrolls horizontally if it must.
  func table(heads: HTML, _ rows: [HTML]) -> HTML {
    """
    <div class="scroll"><table>
    <thead><tr>\(heads)</tr></thead>
    <tbody>\(rows)</tbody>
    </table></div>
    """
  }

  func code(_ text: String) -> HTML { "<code>\(text)</code>" }
}
