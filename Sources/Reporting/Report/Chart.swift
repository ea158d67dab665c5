import Foundation

/// A line chart as SVG, with values that appear on hovering; it needs no JavaScript.
struct Chart {
  struct Series {
    let name: String
    let curve: Curve
    /// Which of the page's line colors, from 1.
    let color: Int
    var isDashed = false
  }

  let title: String
  /// Formats a value for labels and axes.
  let format: (Double) -> String
  let series: [Series]
  /// Whether the vertical axis begins at zero.
  var startsAtZero = true
  /// Whether the axis may be logarithmic, if the values span many powers of ten.
  var mayBeLogarithmic = false

  private static let (width, height) = (420.0, 220.0)
  private static let (left, right, top, bottom) = (56.0, 10.0, 10.0, 26.0)

  /// The chart; empty without values.
  var html: HTML {
    let shown = series.map { ($0, $0.curve.points) }.filter { !$0.1.isEmpty }
    let points = shown.flatMap(\.1)
    guard let lowX = points.map(\.x).min(), let highX = points.map(\.x).max(), let low = points.map(\.y).min(),
      let high = points.map(\.y).max()
    else { return "" }
    let isLogarithmic = mayBeLogarithmic && low > 0 && high > 30 * low
    let axis = Axis(low: startsAtZero && !isLogarithmic ? min(0, low) : low, high: high, isLogarithmic: isLogarithmic)
    let across = Axis(low: min(lowX, 0), high: max(highX, 1), isLogarithmic: false, wanted: 5, rounds: false)
    func x(_ value: Double) -> Double {
      Chart.left + across.share(value) * (Chart.width - Chart.left - Chart.right)
    }
    func y(_ value: Double) -> Double {
      Chart.height - Chart.bottom - axis.share(value) * (Chart.height - Chart.top - Chart.bottom)
    }
    var svg: HTML = ""
    for tick in axis.ticks {
      svg += """
        <line class="rule" x1="\(px(Chart.left))" x2="\(px(Chart.width - Chart.right))" y1="\(px(y(tick)))" \
        y2="\(px(y(tick)))"/><text x="\(px(Chart.left - 6))" y="\(px(y(tick) + 4))" text-anchor="end">\(format(tick))</text>
        """
    }
    for tick in across.ticks where tick <= across.high {
      let place = min(x(tick), Chart.width - Chart.right - 12)
      svg += """
        <text x="\(px(place))" y="\(px(Chart.height - 8))" text-anchor="middle">\(Chart.count(tick))</text>
        """
    }
    for (series, points) in shown {
      let path = points.enumerated().map { "\($0 == 0 ? "M" : "L")\(px(x($1.x))) \(px(y($1.y)))" }.joined()
      let dash = series.isDashed ? " dash" : ""
      svg += "<path class=\"line s\(series.color)\(dash)\" d=\"\(path)\"/>"
      if points.count == 1 {
        svg += "<circle class=\"s\(series.color)\" cx=\"\(px(x(points[0].x)))\" cy=\"\(px(y(points[0].y)))\" r=\"3\"/>"
      }
    }
    svg += hover(shown, x: x, y: y)
    let summary = shown.map { series, points in
      "\(series.name): \(points.count) values from \(format(points[0].y)) to \(format(points[points.count - 1].y)), "
        + "lowest \(format(points.map(\.y).min()!)), highest \(format(points.map(\.y).max()!))"
    }.joined(separator: "; ")
    return """
      <figure class="chart"><figcaption><b>\(title)</b>\(legend(shown.map(\.0)))</figcaption>
      <svg viewBox="0 0 \(px(Chart.width)) \(px(Chart.height))" role="img" aria-label="\(title) by step. \(summary)">\(svg)</svg>
      </figure>

      """
  }

  private func legend(_ series: [Series]) -> [HTML] {
    guard series.count > 1 else { return [] }
    return series.map { series in
      """
       <span class="key"><svg width="22" height="8" aria-hidden="true"><path class="line s\(series.color)\
      \(series.isDashed ? " dash" : "")" d="M1 4L21 4"/></svg> \(series.name)</span>
      """
    }
  }

  /// A strip for each step with a value, that shows its values on hovering.
  private func hover(
    _ shown: [(Series, [Curve.Point])], x: (Double) -> Double, y: (Double) -> Double
  ) -> HTML {
    var values: [Double: [(series: Series, y: Double)]] = [:]
    for (series, points) in shown {
      for point in points { values[point.x, default: []].append((series, point.y)) }
    }
    let steps = values.keys.sorted()
    var strips: HTML = ""
    for (i, step) in steps.enumerated() {
      let start = i == 0 ? Chart.left : (x(steps[i - 1]) + x(step)) / 2
      let end = i + 1 == steps.count ? Chart.width - Chart.right : (x(step) + x(steps[i + 1])) / 2
      let here = values[step]!
      let texts = here.map { shown.count > 1 ? "\($0.series.name) \(format($0.y))" : format($0.y) }
      let isRight = x(step) > Chart.width / 2
      let dots = here.map { value -> HTML in
        "<circle class=\"s\(value.series.color)\" cx=\"\(px(x(step)))\" cy=\"\(px(y(value.y)))\" r=\"3.5\"/>"
      }
      let readout = "step \(Chart.count(step)): \(texts.joined(separator: ", "))"
      strips += """
        <g class="at"><title>\(readout)</title><rect x="\(px(start))" y="\(px(Chart.top))" width="\(px(max(0.5, end - start)))" \
        height="\(px(Chart.height - Chart.top - Chart.bottom))"/>\(dots)<text class="read" x="\
        \(px(isRight ? Chart.width - Chart.right : Chart.left + 4))" y="\(px(Chart.top + 10))" \
        text-anchor="\(isRight ? "end" : "start")">\(readout)</text></g>
        """
    }
    return strips
  }

  private func px(_ value: Double) -> String {
    let text = String(format: "%.1f", value)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// 1200 as 1,200.
  static func count(_ value: Double) -> String {
    let digits = Array(String(format: "%.0f", value))
    return String(
      digits.enumerated().flatMap { i, digit in
        i > 0 && (digits.count - i) % 3 == 0 && digits[i - 1] != "-" ? [",", digit] : [digit]
      })
  }
}

/// A scale with round numbers on it.
struct Axis {
  let low: Double
  let high: Double
  let isLogarithmic: Bool
  let ticks: [Double]

  /// - Parameters:
  ///   - wanted: about how many ticks.
  ///   - rounds: whether the ends are extended to ticks.
  init(low: Double, high: Double, isLogarithmic: Bool, wanted: Int = 4, rounds: Bool = true) {
    self.isLogarithmic = isLogarithmic
    if isLogarithmic {
      let (first, last) = (Int(log10(low).rounded(.down)), Int(log10(high).rounded(.up)))
      (self.low, self.high) = (pow(10, Double(first)), pow(10, Double(max(last, first + 1))))
      let every = max(1, (last - first + wanted) / (wanted + 1))
      ticks = stride(from: first, through: max(last, first + 1), by: every).map { pow(10, Double($0)) }
      return
    }
    // An axis of zeros has no other number.
    if low == 0 && high == 0 {
      (self.low, self.high, ticks) = (0, 1, [0])
      return
    }
    let size = max(abs(low), abs(high))
    let span = high > low ? max(high - low, 1e-12 * size, 1e-30) : max(size, 1e-12)
    let raw = span / Double(wanted)
    let power = pow(10, log10(raw).rounded(.down))
    let step = power * ([1, 2, 2.5, 5].first { $0 * power >= raw * 0.999 } ?? 10)
    let first = rounds ? (low / step + 1e-9).rounded(.down) : (low / step - 1e-9).rounded(.up)
    let last = (high / step - 1e-9).rounded(.up)
    (self.low, self.high) = rounds ? (first * step, max(last, first + 1) * step) : (low, high)
    ticks = stride(from: first, through: max(last, first + 1), by: 1).map { $0 == 0 ? 0 : $0 * step }
  }

  /// The position of a value on the axis, from 0 to 1.
  func share(_ value: Double) -> Double {
    isLogarithmic ? log10(value / low) / log10(high / low) : (value - low) / (high - low)
  }
}
