import Messages

/// What a safetensors file of kraken says of a model in it: `kraken_meta` in the metadata is an object with one of these for
/// each model, by the prefix of its tensors.
struct KrakenMetadata: Codable, Equatable {
  /// The metadata key of the file.
  static let key = "kraken_meta"
  /// kraken's class for networks that a VGSL string describes.
  static let model = "TorchVGSLModel"

  /// kraken's class.
  var model = KrakenMetadata.model
  /// What the model can do.
  var tasks = ["recognition"]
  /// The first version of kraken that reads it.
  var minimumVersion = "5.0.0"
  /// The network, with the names of its layers.
  var vgsl: String
  /// The classes of each letter; class 0 is the CTC blank.
  var codec: [String: [Int]]
  /// Whether lines were cut by baselines or by boxes; nil if it is not known.
  var segmentation: String? = "baselines"
  /// The image mode of the training data: `L` is gray, `1` black and white.
  var imageMode: String? = "L"
  /// Whether lines must be cut as kraken did before version 4.
  var legacyPolygons = false
  var hyperParameters = HyperParameters()

  /// How texts and images were prepared.
  struct HyperParameters: Codable, Equatable {
    /// `NFC` and so on; nil if texts were left alone.
    var normalization: String?
    var normalizesWhitespace: Bool?
    /// Whether the network sees letters in the order of the page.
    var reorders: Bool?
    /// White columns left and right of a line.
    var padding: Int?

    private enum CodingKeys: String, CodingKey {
      case normalization, padding
      case normalizesWhitespace = "normalize_whitespace"
      case reorders = "bidi_reordering"
    }
  }

  private enum CodingKeys: String, CodingKey {
    case vgsl, codec
    case model = "_model"
    case tasks = "_tasks"
    case minimumVersion = "_kraken_min_version"
    case segmentation = "seg_type"
    case imageMode = "one_channel_mode"
    case legacyPolygons = "legacy_polygons"
    case hyperParameters = "hyper_params"
  }
}
