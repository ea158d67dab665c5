import ArgumentParser

/// The options of what happens to images before they are resized.
struct ImageOptions: ParsableArguments {
  @Option(
    help: "Light writing on dark paper: keep, or auto (such images are inverted). (default: keep)",
    completion: .list(["keep", "auto"]))
  var polarity: String?
  @Option(
    help: """
      Direction of the lines in the images: horizontal, vertical (top to bottom; images are turned counterclockwise), or \
      vertical-up (bottom to top; turned clockwise). (default: horizontal)
      """, completion: .list(["horizontal", "vertical", "vertical-up"]))
  var lines: String?
  @Option(
    help: "Uneven light: keep, or even (the paper becomes white everywhere). (default: keep)",
    completion: .list(["keep", "even"]))
  var light: String?
  @Option(
    help: """
      How the writing is brought to its place and size: none, trim (a fixed margin around the ink), or center (a straight \
      center line and a fixed x-height). (default: none)
      """, completion: .list(["none", "trim", "center"]))
  var lineNormalizer: String?
  @Option(
    help: """
      How images get the network's height: bilinear, or lanczos, which is sharper and rounds the width down, as kraken \
      does. (default: bilinear)
      """, completion: .list(["bilinear", "lanczos"]))
  var resampling: String?
  @Option(help: "White columns left and right of the resized image, 0 to 256; kraken has 16. (default: 0)")
  var sideMargin: Int?
}
