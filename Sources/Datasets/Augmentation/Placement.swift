import Images
import Tensors

/// The affine change of the writing, as drawn.
struct AffineForm {
  let scaleX: Double
  /// Around the image's center, without shift.
  let map: AffineMap
  /// In pixels.
  let shift: Double

  init(_ random: inout KeyedRandom, _ affine: Augmentation.Affine, _ image: GrayView) {
    let shear = Double(random.uniform(-affine.shear, affine.shear))
    scaleX = Double(random.uniform(affine.width.lowerBound, affine.width.upperBound))
    let scaleY = Double(random.uniform(affine.height.lowerBound, affine.height.upperBound))
    shift = Double(random.uniform(-affine.shift, affine.shift)) * Double(image.height)
    let rise = Double(affine.rise) * Double(image.height) / Double(image.width)
    let largest = min(Double(affine.rotation) * Double.pi / 180, rise)
    let angle = largest * Double(random.uniform(-1, 1))
    // Series instead of libm, whose last bit differs between systems; the error is below 1e-7 up to 2 degrees, and
    // below 2e-4 up to 15.
    let (sine, cosine) = (angle - angle * angle * angle / 6, 1 - angle * angle / 2)
    map = AffineMap.scale(x: scaleX, y: scaleY).then(.shear(shear)).then(AffineMap(cosine, -sine, 0, sine, cosine, 0))
      .about(x: Double(image.width) / 2, y: Double(image.height) / 2)
  }
}

/// The inward movement of the writing's four corners.
struct CornerShifts {
  /// Upper left, upper right, lower right, lower left; as shares of the writing's height, 0 or more.
  private let shifts: (SIMD2<Double>, SIMD2<Double>, SIMD2<Double>, SIMD2<Double>)

  init(_ random: inout KeyedRandom, reach: Float) {
    func next() -> SIMD2<Double> { SIMD2(Double(random.uniform(0, reach)), Double(random.uniform(0, reach))) }
    shifts = (next(), next(), next(), next())
  }

  /// The map of a box into itself, nil if the box is too thin.
  func map(of box: InkOutline.Box) -> PerspectiveMap? {
    let (width, height) = (box.right - box.left, box.bottom - box.top)
    guard width > 1e-3, height > 1e-3 else { return nil }
    let (x, y) = (min(height, width), height)
    let p0 = SIMD2(box.left + x * shifts.0.x, box.top + y * shifts.0.y)
    let p1 = SIMD2(box.right - x * shifts.1.x, box.top + y * shifts.1.y)
    let p2 = SIMD2(box.right - x * shifts.2.x, box.bottom - y * shifts.2.y)
    let p3 = SIMD2(box.left + x * shifts.3.x, box.bottom - y * shifts.3.y)
    let toSquare = AffineMap.translation(x: -box.left, y: -box.top).then(.scale(x: 1 / width, y: 1 / height))
    return PerspectiveMap(unitSquareTo: p0, p1, p2, p3).map { PerspectiveMap(toSquare).then($0) }
  }
}

/// The position of the changed writing on a canvas of its own width. The margins at the left and right are kept
/// (scaled), so that slant and distortion push no ink off the sides, and the writing stays between the upper and lower
/// edges.
struct Placement {
  /// The drawn changes.
  struct Changes {
    var affine: AffineForm?
    var perspective: CornerShifts?
    /// In pixels.
    var bend: Float = 0
    /// Where the bend's vertex is, 0...1 from left to right.
    var middle: Float = 0
    /// In pixels.
    var elasticStrength: Float = 0
    /// In pixels.
    var elasticCell: Float = 4
    /// The numbers for the elastic grid.
    var elasticRandom = KeyedRandom(seed: 0, purpose: .augmentation)
    /// In pixels.
    var padding = (left: 0.0, right: 0.0)
    /// The writing's share of the height, and where it stands in the room that is left, 0 (top) ... 1.
    var framing: (share: Double, place: Double)?
    /// The gray of what is uncovered.
    var paper: UInt8 = 255

    /// Whether the geometry is unchanged.
    var isEmpty: Bool {
      affine == nil && perspective == nil && !isBent && padding.left == 0 && padding.right == 0 && framing == nil
    }

    fileprivate var isBent: Bool { bend != 0 || elasticStrength > 0 }
  }

  let width: Int
  private let changes: Changes
  /// From the changed image back to the original.
  private let inverse: Inverse

  private enum Inverse {
    case affine(AffineMap)
    case perspective(PerspectiveMap)
  }

  /// nil if the writing cannot be placed.
  init?(
    _ changes: Changes, _ image: GrayView, outline: inout InkOutline, geometry: InputGeometry, neededSteps: Int
  ) {
    self.changes = changes
    outline.trace(image)
    var form = changes.affine?.map ?? .identity
    var scale = 1.0
    if let share = changes.framing?.share, let first = outline.rows.first, let last = outline.rows.last {
      scale = max(0.2, min(Augmentation.Framing.mostScale, share * Double(image.height) / Double(last.y + 1 - first.y)))
      form = form.then(
        AffineMap.scale(x: scale, y: scale).about(x: Double(image.width) / 2, y: Double(image.height) / 2))
    }
    var box = outline.box(under: form)
    let perspective = changes.perspective.flatMap { $0.map(of: box) }.map { PerspectiveMap(form).then($0) }
    if let perspective { box = outline.box(under: perspective) }
    // The largest movement of a pixel by the distortions.
    let sideways = Double(changes.elasticStrength)
    let upwards = sideways + Double(abs(changes.bend)) / 2

    let scaleX = scale * (changes.affine?.scaleX ?? 1)
    let left = Double(outline.margins.left) * scaleX + sideways + changes.padding.left
    let right = Double(outline.margins.right) * scaleX + sideways + changes.padding.right
    let natural = Int((left + (box.right - box.left) + right).rounded())
    let narrowest = geometry.narrowestWidth(forSteps: neededSteps) ?? image.width
    width = max(natural, geometry.minimumWidth, min(narrowest, image.width))
    guard width <= geometry.maximumWidth else { return nil }
    let height = Double(image.height)
    let fit = min(1, (height - 2 * upwards) / (box.bottom - box.top))
    let (top, bottom) = (box.top * fit, box.bottom * fit)
    // The shift is limited to keep the writing inside. Squeezing moves the writing upwards, which this corrects.
    let free = max(0, height - 2 * upwards - (bottom - top))
    let wanted =
      changes.framing.map { upwards + $0.place * free - top }
      ?? (changes.affine?.shift ?? 0) + (box.top + box.bottom) / 2 - (top + bottom) / 2
    let shiftY = max(upwards - top, min(height - upwards - bottom, wanted))
    let shiftX = left - box.left + Double(width - natural) / 2
    let place = AffineMap.translation(x: shiftX, y: shiftY)
    if changes.perspective == nil && !changes.isBent {
      guard let inverse = form.then(.scale(x: 1, y: fit)).then(place).inverse else { return nil }
      self.inverse = .affine(inverse)
    } else {
      let whole = (perspective ?? PerspectiveMap(form)).then(AffineMap.scale(x: 1, y: fit).then(place))
      guard let inverse = whole.inverse else { return nil }
      self.inverse = .perspective(inverse)
    }
  }

  /// Draws `image` (only read) into `target`, which has the drawn width; `field` is scratch memory.
  func render(_ image: GrayView, into target: GrayView, field: DisplacementField) {
    switch inverse {
    case .affine(let map): image.affine(inverse: map, into: target, paper: changes.paper)
    case .perspective(let map):
      var random = changes.elasticRandom
      field.prepare(
        width: target.width, height: target.height, strength: changes.elasticStrength, cell: changes.elasticCell,
        bend: changes.bend, middle: changes.middle, &random)
      image.perspective(inverse: map, shiftedBy: field, into: target, paper: changes.paper)
    }
  }
}
