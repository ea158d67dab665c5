import Foundation
import Messages

/// The top of the page: what was trained on what, how it went, and one large number.
extension ReportPage {
  var overview: HTML {
    if let other {
      return """
        <p class="lede">Two runs compared: A, the first color, is \(code(run.path)); B, the second, is \(code(other.path)).</p>
        """
    }
    return "<p class=\"lede\">\(subject)</p>\n\(number)\(state)"
  }

  /// What was trained on what, when and for how long.
  private var subject: HTML {
    func words(_ name: String) -> String? {
      run.option(name).flatMap { $0 == .null ? nil : $0.words }
    }
    var text: HTML = "A model"
    if let name = run.configuration?["identity"]?["architecture"]?["name"]?.words { text = "Model \(code(name))" }
    if let train = words("train") { text += ", trained on \(code(train))" }
    if let validation = words("validation") {
      let images = run.history.best.map { $0.images }
      text += validation == "auto" ? ", measured on a part that was set aside" : ", measured on \(code(validation))"
      if let images { text += " (\(Chart.count(Double(images))) images)" }
    }
    if let started = run.history.started {
      text +=
        ". Begun on \(ReportPage.day(started)), \(clockTime(run.history.seconds)) of steps on \(run.ranks == 1 ? "1 process" : "\(run.ranks) processes")"
    }
    return text + "."
  }

  /// The lowest error rate, large, with its interval.
  private var number: HTML {
    guard let best = run.history.best else { return "<p>The run was not evaluated yet.</p>\n" }
    let interval: HTML =
      best.cerInterval.map { ends in
        "; 95 % interval \((100 * (ends.first ?? 0)).formatted(decimals: 2)) to \(percent(ends.last ?? 1))"
      } ?? ""
    return """
      <p class="large"><b>\(percent(best.cer))</b> <span>of letters are wrong (CER) on the validation data, after step \
      \(Chart.count(Double(best.step)))\(interval)</span></p>

      """
  }

  /// How the run ended, and what would help.
  private var state: HTML {
    let step = max(run.history.lastStep?.step ?? 0, run.history.evaluations.last?.step ?? 0)
    let done = run.outcome?.step ?? step
    let place = "step \(Chart.count(Double(done)))"
    let skipped: HTML = run.history.skipped > 0 ? " \(counted(run.history.skipped, "step")) were skipped." : ""
    guard let outcome = run.outcome else {
      let text: HTML =
        run.isDone
        ? "The run is done, at \(place)." : "The run goes on, or ended without a word, at \(place); see train.log."
      return "<p>\(text)\(skipped)</p>"
    }
    let advice = outcome.advice.map { line -> HTML in "<p class=\"banner\">\(line)</p>\n" }
    if outcome.isDone { return "<p>The run is done, at \(place).\(skipped)</p>\n\(advice)" }
    if outcome.isStopped {
      return "<p class=\"banner\">The run was stopped on request, at \(place).\(skipped)</p>\n\(advice)"
    }
    return "<p class=\"banner failed\">The run failed at \(place): \(outcome.message)\(skipped)</p>\n\(advice)"
  }

  /// The day of a time in seconds since 1970, as 2025-03-01 09:30 in local time.
  private static func day(_ seconds: Double) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyy-MM-dd HH:mm"
    return formatter.string(from: Date(timeIntervalSince1970: seconds))
  }
}
