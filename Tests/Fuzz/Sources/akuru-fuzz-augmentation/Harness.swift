@testable import Datasets
import FuzzSupport
@testable import Images

private let scratch = Scratch()
private let geometry = InputGeometry(height: 24, maximumWidth: 96) { $0 / 4 }

/// A JSON file for `--augment`; what it sets is done to a small image.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let path = scratch.write(UnsafeRawBufferPointer(start: start, count: count), to: "augmentation.json")
  do {
    let augmentation = try Augmentation(argument: path)
    let augmenter = Augmenter(augmentation, seed: 1, geometry: geometry)
    var image = GrayImage(width: 41, height: geometry.height)
    for i in image.pixels.indices where i % 41 % 9 < 3 { image.pixels[i] = UInt8(i % 131) }
    for sample in 0..<4 {
      let draw = image.withView { augmenter.draw($0, epoch: 1, sample: sample, neededSteps: 7) }
      require((28...96).contains(draw.width), "a width of \(draw.width)")
      var target = GrayImage(width: draw.width, height: geometry.height)
      image.withView { source in target.withView { augmenter.render(draw, source, into: $0) } }
    }
  } catch {
    requireOneLine(error)
  }
  return 0
}
