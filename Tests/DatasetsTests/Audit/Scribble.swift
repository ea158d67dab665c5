import Datasets
import Images
import Tensors
import TestSupport

/// Letters of strokes of 3 pixels on noisy paper, 40 pixels high: each 10 to 14 wide, with gaps of 4 and a margin.
func scribble(_ letters: Int, ink: Int = 40, paper: Int = 225, noise: Int = 6, seed: UInt64 = 1) -> GrayImage {
  var random = KeyedRandom(seed: seed, purpose: .test)
  var image = GrayImage(width: 20 + 18 * letters, height: 40)
  var shades = [Int](repeating: paper, count: image.width * image.height)
  func stroke(_ columns: Range<Int>, _ rows: Range<Int>) {
    for y in rows { for x in columns { shades[y * image.width + x] = ink } }
  }
  var x = 8
  for _ in 0..<letters {
    let width = 10 + random.integer(below: 5)
    stroke(x..<x + 3, 10 - random.integer(below: 6)..<30)
    if random.chance(0.5) { stroke(x + width - 3..<x + width, 12..<30) }
    stroke(x..<x + width, 27..<30)
    x += width + 4
  }
  for place in shades.indices {
    image.pixels[place] = UInt8(max(0, min(255, shades[place] + random.integer(below: 2 * noise + 1) - noise)))
  }
  return image
}

/// The image on its side.
func turned(_ image: GrayImage) -> GrayImage {
  var result = GrayImage(width: image.height, height: image.width)
  for y in 0..<image.height { for x in 0..<image.width { result[image.height - 1 - y, x] = image[x, y] } }
  return result
}

func inverted(_ image: GrayImage) -> GrayImage {
  GrayImage(width: image.width, height: image.height, pixels: image.pixels.map { 255 - $0 })
}

/// Noise around a gray value, darker to the right by `shade`.
func paper(_ level: Int, noise: Int, shade: Int = 0, width: Int = 160, height: Int = 40) -> GrayImage {
  var random = KeyedRandom(seed: 7, purpose: .test)
  var image = GrayImage(width: width, height: height)
  for y in 0..<height {
    for x in 0..<width {
      let value = level - shade * x / width + random.integer(below: 2 * noise + 1) - noise
      image[x, y] = UInt8(max(0, min(255, value)))
    }
  }
  return image
}

/// Pairs X.png and X.gt.txt, audited. An image is the file 0000.png, 0001.png and so on.
func audited(
  _ records: [(image: GrayImage, text: String)], use: Audit.Use = .training, ranks: Int = 1
) throws -> (dataSet: DataSet, result: AuditResult) {
  let folder = try TemporaryDirectory()
  for (index, record) in records.enumerated() {
    let name = "000\(index)".suffix(4)
    try folder.add("\(name).png", record.image).add("\(name).gt.txt", record.text)
  }
  let dataSet = try DataSet.load(folder.path)
  let audit = Audit(dataSet, geometry: geometry(height: 40), use: use)
  return (dataSet, try AuditResult.merging((0..<ranks).map { try audit.runSlice(rank: $0, ranks: ranks) }, of: dataSet))
}
