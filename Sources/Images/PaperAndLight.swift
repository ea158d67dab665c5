import Tensors

/// Effects of a page besides ink: uneven paper and uneven light. Both reduce each pixel in proportion to its value, so
/// black stays black and nothing becomes lighter. Keeps its scratch memory between calls: one per thread.
public final class PaperAndLight {
  /// The finest grain of the paper, in pixels.
  private static let finestGrain = 2

  private let coarse = SoftTexture()
  private let fine = SoftTexture()
  /// The factor of each pixel of one row.
  private var light: [Float] = []

  public init() {}

  /// Reserves memory for images of up to that size.
  public func reserve(width: Int, height: Int) {
    coarse.reserve(width: width, height: height, cell: 3 * PaperAndLight.finestGrain)
    fine.reserve(width: width, height: height, cell: PaperAndLight.finestGrain)
    makeRoom(width)
  }

  /// Gives the paper a texture of two grain sizes. White loses up to `roughness`, 0...1, of its value.
  public func texture(_ view: GrayView, roughness: Float, _ random: inout KeyedRandom) {
    precondition((0...1).contains(roughness))
    let grain = PaperAndLight.finestGrain + random.integer(below: 3)
    fine.prepare(width: view.width, height: view.height, cell: grain, &random)
    coarse.prepare(width: view.width, height: view.height, cell: 3 * grain + random.integer(below: 12), &random)
    dim(view) { y, light in
      light.update(repeating: 1 - 0.5 * roughness, count: view.width)
      fine.add(row: y, times: 0.25 * roughness, to: light, count: view.width)
      coarse.add(row: y, times: 0.25 * roughness, to: light, count: view.width)
    }
  }

  /// Darkens the image towards one side: gradually over all of it, or with the edge of a shadow. The darkest part loses
  /// `strength`, 0...1, of its value.
  public func shade(_ view: GrayView, strength: Float, _ random: inout KeyedRandom) {
    precondition((0...1).contains(strength))
    // Runs from 0 to 1 over the image in the direction (directionX, directionY).
    let (directionX, directionY) = (random.uniform(-1, 1), random.uniform(-1, 1))
    let start = random.uniform(-0.2, 0.8)
    let slope = 1 / random.uniform(0.05, 1)
    let scale = 1 / max(1e-3, abs(directionX) + abs(directionY))
    let (stepX, stepY) = (directionX * scale / Float(view.width), directionY * scale / Float(view.height))
    let origin = -(min(0, directionX) + min(0, directionY)) * scale
    dim(view) { y, light in
      let begin = origin + stepY * (Float(y) + 0.5) - start
      for x in 0..<view.width {
        let ramp = max(0, min(1, (begin + stepX * (Float(x) + 0.5)) * slope))
        light[x] = 1 - strength * ramp
      }
    }
  }

  /// Multiplies each row by what `fill` writes for it, clamped to 0...1.
  @inline(__always)
  private func dim(_ view: GrayView, _ fill: (_ y: Int, _ light: UnsafeMutablePointer<Float>) -> Void) {
    makeRoom(view.width)
    light.withUnsafeMutableBufferPointer { light in
      let light = light.baseAddress!
      for y in 0..<view.height {
        fill(y, light)
        let row = view.pixels + y &* view.width
        for x in 0..<view.width {
          row[x] = UInt8(truncatingIfNeeded: nearest(Float(row[x]) * max(0, min(1, light[x]))))
        }
      }
    }
  }

  private func makeRoom(_ width: Int) {
    if light.count < width { light = [Float](repeating: 0, count: width) }
  }
}
