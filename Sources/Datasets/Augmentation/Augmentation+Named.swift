import Messages

extension Augmentation {
  /// Unchanged images.
  package static let none = Augmentation(
    affine: Affine(chance: 0, shear: 0, rotation: 0, rise: 0, width: 1...1, height: 1...1, shift: 0),
    perspective: Perspective(chance: 0, reach: 0), curvature: Curvature(chance: 0, bend: 0),
    elastic: Elastic(chance: 0, strength: 0...0, cell: 0.5...0.5), padding: Padding(chance: 0, side: 0),
    stroke: Stroke(chance: 0, strength: 0...0), erasing: Erasing(chance: 0, count: 1, size: 0...0),
    background: Background(chance: 0, roughness: 0...0), shadow: Shadow(chance: 0, strength: 0...0),
    blur: Blur(chance: 0, sigma: 0...0), motionBlur: MotionBlurring(chance: 0, length: 0...0),
    tone: Tone(chance: 0, ink: 1...1, darkness: 0...0, noise: 0),
    compression: Compression(chance: 0, quality: 100...100))

  /// The default for training: cheap, and enough for images that resemble the training images. The ranges are those of
  /// a PyTorch reference that learns Sinhala words well, plus small rotations.
  package static let `default` = {
    var set = Augmentation.firstDefault
    set.paper = Paper(chance: 1)
    return set
  }()

  /// `default` as it was first. Runs that began with it keep it.
  static let firstDefault = {
    var set = Augmentation.none
    set.affine = Affine(
      chance: 0.5, shear: 0.25, rotation: 2, rise: 0.15, width: 0.85...1.15, height: 0.85...1.15, shift: 0.075)
    set.blur = Blur(chance: 0.3, sigma: 0.3...1.3)
    set.tone = Tone(chance: 0.5, ink: 0.6...1.1, darkness: -0.05...0.1, noise: 0.1)
    return set
  }()

  /// All operations, for fonts, papers, crops and cameras that the training images lack. People can still read nearly all
  /// results.
  package static let strong = {
    var set = Augmentation.firstStrong
    set.paper = Paper(chance: 0.8)
    set.framing = Framing(chance: 0.5, share: 0.45...1)
    set.neighbors = Neighbors(chance: 0.15, reach: 0.03...0.12)
    set.rules = Rules(chance: 0.05, distance: 0.08)
    set.resampling = Resampling(chance: 0.15, scale: 0.5...0.9)
    set.binarization = Binarization(chance: 0.15, threshold: 0.35...0.65)
    set.inversion = Inversion(chance: 0.02)
    return set
  }()

  /// `strong` as it was first. Runs that began with it keep it.
  static let firstStrong = Augmentation(
    affine: Affine(
      chance: 0.8, shear: 0.35, rotation: 3, rise: 0.2, width: 0.75...1.3, height: 0.8...1.15, shift: 0.1),
    perspective: Perspective(chance: 0.3, reach: 0.12), curvature: Curvature(chance: 0.25, bend: 0.15),
    elastic: Elastic(chance: 0.35, strength: 0.01...0.03, cell: 0.25...0.6), padding: Padding(chance: 0.3, side: 0.4),
    stroke: Stroke(chance: 0.5, strength: -0.6...0.9), erasing: Erasing(chance: 0.15, count: 3, size: 0.05...0.2),
    background: Background(chance: 0.3, roughness: 0.05...0.3), shadow: Shadow(chance: 0.3, strength: 0.1...0.45),
    blur: Blur(chance: 0.35, sigma: 0.3...1.3), motionBlur: MotionBlurring(chance: 0.15, length: 0...3),
    tone: Tone(chance: 0.5, ink: 0.6...1.1, darkness: -0.05...0.15, noise: 0.08),
    compression: Compression(chance: 0.25, quality: 10...70))

  /// The named sets.
  package static let names = ["default", "strong", "none"]

  /// The set of that name.
  package init?(name: String) {
    switch name {
    case "none": self = .none
    case "default": self = .default
    case "strong": self = .strong
    default: return nil
    }
  }

  /// The name of this set, if it has one or had one.
  package var name: String? {
    switch self {
    case .firstDefault: "default"
    case .firstStrong: "strong"
    default: Augmentation.names.first { Augmentation(name: $0) == self }
    }
  }
}

extension Augmentation {
  /// Decodes an encoded set, or the name of a set, which older checkpoints contain.
  package init(from decoder: any Decoder) throws {
    if let name = try? decoder.singleValueContainer().decode(String.self) {
      // Checkpoints have names from before a set could be one's own.
      let first = ["default": Augmentation.firstDefault, "strong": .firstStrong]
      guard let named = first[name] ?? Augmentation(name: name) else {
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "no augmentation is called \"\(name.shortened)\""))
      }
      self = named
      return
    }
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      affine: try values.decode(Affine.self, forKey: .affine),
      perspective: try values.decode(Perspective.self, forKey: .perspective),
      curvature: try values.decode(Curvature.self, forKey: .curvature),
      elastic: try values.decode(Elastic.self, forKey: .elastic),
      padding: try values.decode(Padding.self, forKey: .padding),
      stroke: try values.decode(Stroke.self, forKey: .stroke),
      erasing: try values.decode(Erasing.self, forKey: .erasing),
      background: try values.decode(Background.self, forKey: .background),
      shadow: try values.decode(Shadow.self, forKey: .shadow),
      blur: try values.decode(Blur.self, forKey: .blur),
      motionBlur: try values.decode(MotionBlurring.self, forKey: .motionBlur),
      tone: try values.decode(Tone.self, forKey: .tone),
      compression: try values.decode(Compression.self, forKey: .compression),
      paper: try values.decodeIfPresent(Paper.self, forKey: .paper),
      framing: try values.decodeIfPresent(Framing.self, forKey: .framing),
      neighbors: try values.decodeIfPresent(Neighbors.self, forKey: .neighbors),
      rules: try values.decodeIfPresent(Rules.self, forKey: .rules),
      resampling: try values.decodeIfPresent(Resampling.self, forKey: .resampling),
      binarization: try values.decodeIfPresent(Binarization.self, forKey: .binarization),
      inversion: try values.decodeIfPresent(Inversion.self, forKey: .inversion))
  }
}
