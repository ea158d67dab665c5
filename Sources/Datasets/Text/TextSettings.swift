import Messages
import Settings

/// The options of a ``TextPolicy``. A checkpoint without them comes from a time before there was a choice.
package struct TextSettings: SettingsGroup {
  /// Unicode normalization form of the texts.
  package var normalize: TextPolicy.Normalization? = .nfc
  /// What happens to white space.
  package var whitespace: TextPolicy.Whitespace? = .collapse
  /// The base direction of texts.
  package var direction: TextDirection? = .auto

  package init() {}

  package var policy: TextPolicy {
    let older = TextPolicy.ofOlderModels
    return TextPolicy(
      normalization: normalize ?? older.normalization, whitespace: whitespace ?? older.whitespace, direction: direction)
  }

  /// The settings of a model with these letters: if all run from left to right, it needs no direction.
  package func settled(for alphabet: Alphabet) -> TextSettings {
    var settings = self
    if direction != .rtl && !alphabet.mayRunRightToLeft { settings.direction = nil }
    return settings
  }

  package func validate() throws {}
}
