import Datasets
import Hashing
import Messages
import NeuralNetwork
import Recognition
import Settings
import Tensors

/// The models that a run learns from beside its labels, see `SoftTargets`: `--teacher`.
final class Teachers {
  private let models: [(path: String, model: Recognizer)]

  /// SHA-256 of each model's network, letters and weights.
  let digests: [String]

  /// Rank 0 reads the models; all ranks get them. Collective. nil if the options name none.
  ///
  /// - Throws: `CheckpointError` for one that is missing or damaged.
  init?(_ options: Overrides, _ context: RunContext) throws {
    let settings = try context.communicator.together {
      let settings = try options.applied(to: DistillationSettings())
      try options.located { try settings.validate() }
      return settings
    }
    guard settings.teacher != nil else { return nil }
    models = try settings.teachers.map { path in
      (path, try Recognizer(path, over: context.communicator, log: context.log))
    }
    digests = models.map { Teachers.digest($0.model) }
  }

  private static func digest(_ model: Recognizer) -> String {
    let (hash, parameters) = (SHA256(), model.network.parameters)
    hash.update(Array("\(model.description.architecture.spec) \(model.alphabet.hash)\n".utf8))
    hash.update(UnsafeRawBufferPointer(start: parameters.values.base, count: 4 * parameters.count))
    hash.update(UnsafeRawBufferPointer(start: parameters.bufferValues.base, count: 4 * parameters.bufferCount))
    return hexadecimal(hash.finalize())
  }

  /// The options, completed by the height, the image preparation and the text policy of the first teacher.
  func completing(_ options: Overrides) -> Overrides {
    guard let description = models.first?.model.description else { return options }
    var found = Overrides.of(description.images).over(.of(description.textPolicy, description.alphabet))
    // A network in brackets gives its own height.
    if options.text("model")?.hasPrefix("[") != true {
      found["height"] = .integer(description.architecture.inputHeight)
    }
    if !description.architecture.inkIsPositive { found["paperValue"] = .integer(1) }
    return options.over(found)
  }

  /// Checks that the teachers can read the images of the run as they are.
  /// - Throws: `ConfigurationError`, which names the teacher and the difference.
  func requireFit(_ architecture: Architecture, _ recipe: Recipe, _ alphabet: Alphabet) throws {
    for (path, model) in models {
      let teacher = model.description
      func require(_ fits: Bool, _ difference: String) throws {
        if !fits { throw ConfigurationError(option: "teacher", " \(path): \(difference)") }
      }
      let (height, own) = (teacher.architecture.inputHeight, architecture.inputHeight)
      try require(
        height == own, "its images are \(height) pixels high, those of the run \(own); give --height \(height)")
      try require(
        teacher.architecture.inkIsPositive == architecture.inkIsPositive,
        "its input for white paper is another; give the same --paper-value")
      try require(
        teacher.images == recipe.images,
        "its images are prepared in another way; leave out --polarity, --lines, --light, --line-normalizer, --resampling and "
          + "--side-margin")
      try require(
        teacher.textPolicy == recipe.text.settled(for: alphabet).policy,
        "its texts follow another policy; leave out --normalize, --whitespace and --direction")
      try requireSteps(of: teacher.architecture, equal: architecture, upTo: recipe.model.maxWidth, path)
    }
  }

  private func requireSteps(
    of teacher: Architecture, equal student: Architecture, upTo width: Int, _ path: String
  ) throws {
    for width in student.minimumWidth...max(width, student.minimumWidth) {
      let (taught, own) = (teacher.sequenceLength(forWidth: width), student.sequenceLength(forWidth: width))
      guard taught != own else { continue }
      throw ConfigurationError(
        option: "teacher",
        " \(path): an image of \(width) columns has \(taught) time steps there, and \(own) in the run; give both the same pools along "
          + "the line")
    }
  }

  /// What the teachers say of a student's images, for its classes.
  func softTargets(for student: CRNN, _ alphabet: Alphabet, targets: LabelBatch, share: Double?) -> SoftTargets {
    let teachers = models.map { _, model in
      let classes = Dictionary(uniqueKeysWithValues: zip(model.alphabet.scalars, (1 as Int32)...))
      return SoftTargets.Teacher(network: model.network, classes: [0] + alphabet.scalars.map { classes[$0] ?? -1 })
    }
    return SoftTargets(
      teachers, share: Float(share ?? DistillationSettings.usualShare), student: student, targets: targets)
  }

  /// What the log says of them.
  func summary(for alphabet: Alphabet) -> [String] {
    models.map { path, model in
      let known = alphabet.scalars.count { model.alphabet.contains($0) }
      let rate = model.validationCER.map { ", validation CER \(percent($0))" } ?? ""
      return "learning from \(path), too: it knows \(known) of \(alphabet.scalars.count) letters\(rate)"
    }
  }
}
