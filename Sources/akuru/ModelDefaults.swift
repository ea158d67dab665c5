import Training

/// The defaults of an option for help texts: "(default: 4096)", or "(default: akuru 32, crnn 64, tutorial 256)" if they
/// differ between the models.
func defaults<Value>(_ value: (Recipe) -> Value) -> String {
  let presets = Recipe.presets.map { (name: $0.name, value: "\(value($0.recipe))") }
  let isCommon = Set(presets.map(\.value)).count == 1
  let list = isCommon ? presets[0].value : presets.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
  return "(default: \(list))"
}
