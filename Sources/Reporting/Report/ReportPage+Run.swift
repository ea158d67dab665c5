import Datasets
import Foundation
import Messages

/// The run itself: its evaluations in numbers, its processes' use of time, its configuration, and commands to continue.
extension ReportPage {
  var evaluations: HTML {
    guard other == nil, !run.history.evaluations.isEmpty else { return "" }
    let best = run.history.best?.step
    let rows = run.history.evaluations.reversed().map { evaluation -> HTML in
      let loss = evaluation.loss.isFinite ? evaluation.loss.formatted(decimals: 4) : "undefined"
      return """
        <tr><th scope="row">\(Chart.count(Double(evaluation.step)))\(evaluation.step == best ? " (best)" : "")</th>\
        <td>\(evaluation.epoch + 1)</td><td>\(percent(evaluation.cer))</td><td>\(percent(evaluation.graphemeCER))</td>\
        <td>\(percent(evaluation.wer))</td><td>\(percent(evaluation.exactMatch))</td><td>\(loss)</td></tr>

        """
    }
    let heads = ["step", "epoch", "CER", "grapheme CER", "WER", "exact", "loss"].map { name -> HTML in
      "<th scope=\"col\">\(name)</th>"
    }
    return section(
      "evaluations", "Evaluations",
      """
      <details><summary>The newest \(run.history.evaluations.count) evaluations as a table</summary>
      \(table(heads: "\(heads)", rows))
      </details>
      """)
  }

  var ranks: HTML {
    guard other == nil, let snapshot = run.snapshot, !snapshot.ranks.isEmpty else { return "" }
    let rows = snapshot.ranks.map { rank -> HTML in
      func share(_ seconds: Double) -> String {
        rank.seconds > 0 ? (100 * seconds / rank.seconds).formatted(decimals: 1) + " %" : "-"
      }
      let computing = max(0, rank.seconds - rank.loading - rank.reducing)
      return """
        <tr><th scope="row">\(rank.rank)</th><td>\(rank.host)</td><td>\(rank.steps)</td>\
        <td>\(rank.images.map { "\($0)" } ?? "-")</td>\
        <td>\(rank.seconds.formatted(decimals: 1)) s</td><td>\(share(computing))</td><td>\(share(rank.loading))</td>\
        <td>\(share(rank.reducing))</td><td>\(rank.evaluating.formatted(decimals: 1)) s</td></tr>

        """
    }
    let heads = [
      "rank", "machine", "steps", "images", "training", "computing", "waiting for images", "sums, waiting for ranks",
      "evaluating",
    ].map { name -> HTML in "<th scope=\"col\">\(name)</th>" }
    return section(
      "ranks", "Time of each process",
      "<p>Since the evaluation before. A rank that the others wait for computes more than they do.</p>\n"
        + table(heads: "\(heads)", rows))
  }

  var configuration: HTML {
    if let other { return comparedConfiguration(other) }
    guard let description = run.configuration else { return "" }
    let alphabet = description["identity"]?["alphabet"]
    let letters = (alphabet?["scalars"]?.texts ?? []).flatMap(\.unicodeScalars).map(\.shownAlone).joined(separator: " ")
    var rows: [HTML] = run.options.map { name, value in row(name, value.words) }
    for (name, value) in [
      ("network", description["identity"]?["architecture"]?["name"]), ("weights", description["weights"]),
      ("Akuru", description["version"]), ("OpenBLAS", description["openBLAS"]), ("processes", description["worldSize"]),
      ("machines", description["hosts"]),
    ] {
      if let value {
        rows.append(row(name, name == "machines" ? Set(value.texts).sorted().joined(separator: ", ") : value.words))
      }
    }
    let heads: HTML = "<th scope=\"col\">option</th><th scope=\"col\">value</th>"
    let alphabetText: HTML =
      letters.isEmpty
      ? ""
      : "<p>Alphabet: <span class=\"text\"><bdi lang=\"\(MarkedText.language(of: letters))\">\(letters)</bdi></span></p>"
    return section(
      "configuration", "Configuration",
      """
      <details><summary>All \(rows.count) settings of the run</summary>
      \(table(heads: heads, rows))
      \(alphabetText)</details>
      """)
  }

  private func row(_ name: String, _ value: String) -> HTML {
    "<tr><th scope=\"row\">\(name)</th><td class=\"value\">\(value)</td></tr>\n"
  }

  /// The differences between two runs' configurations.
  private func comparedConfiguration(_ other: RunRecord) -> HTML {
    let values = [run, other].map { run in Dictionary(run.options.map { ($0.name, $0.value.words) }) { $1 } }
    let names = Set(values.flatMap(\.keys)).filter { values[0][$0] != values[1][$0] && $0 != "runDir" }.sorted()
    guard !names.isEmpty else {
      return section("configuration", "Configuration", "<p>Both runs have the same settings.</p>")
    }
    let rows = names.map { name -> HTML in
      """
      <tr><th scope="row">\(name)</th><td class="value">\(values[0][name] ?? "-")</td>\
      <td class="value">\(values[1][name] ?? "-")</td></tr>

      """
    }
    return section(
      "configuration", "Settings that differ",
      table(
        heads: """
          <th scope="col">option</th><th scope="col">A: \(run.name)</th><th scope="col">B: \(other.name)</th>
          """, rows))
  }

  /// Commands to copy.
  var commands: HTML {
    guard other == nil else { return "" }
    let path = run.path.shellWord
    func words(_ name: String) -> String { (run.option(name)?.words ?? name.uppercased()).shellWord }
    // The part that was set aside is no data set of its own.
    let splitsTraining = run.option("validation") == .text("auto")
    let start = run.ranks > 1 ? "mpirun -n \(run.ranks) akuru" : "akuru"
    let next =
      run.outcome?.next ?? "\(start) train "
      + (run.isDone ? "--config \(path)/config.json --init-from \(path) --run-dir RUN" : "--resume --run-dir \(path)")
    let why = run.isDone ? "Train longer:" : "Go on after a stop, with the same bits as if nothing had happened:"
    let commands: [(String, [String])] = [
      (why, [next]),
      ("Read images:", ["akuru predict --checkpoint \(path) photo.png"]),
      (
        "Measure, with intervals, errors by length and confusions:",
        ["akuru evaluate --checkpoint \(path) --data \(splitsTraining ? "DATA" : words("validation")) --details"]
      ),
      (
        "Take the weights elsewhere, to PyTorch or to ONNX Runtime:",
        ["safetensors", "onnx"].map { "akuru export --checkpoint \(path) --format \($0) --output model.\($0)" }
      ),
    ]
    let blocks = commands.map { purpose, lines -> HTML in
      let code = lines.map { line -> HTML in "\(line)\n" }
      return "<p>\(purpose)</p>\n<pre tabindex=\"0\"><code>\(code)</code></pre>\n"
    }
    return section(
      "commands", "Go on from here",
      "<p>In the folder that the run was started in.</p>\n"
        + "\(blocks)")
  }
}
