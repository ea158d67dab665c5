import Messages
import Settings

/// The options of a ``TextPolicy``. A checkpoint without them comes from a time before there was a choice.
package struct TextSettings: SettingsGroup {
  /// Unicode normalization form of the texts.
  package var normalize: TextPolicy.Normalization? = .nfc
  /// What happens to white space.
  package var whitespace: TextPolicy.Whitespace? = .collapse

  package init() {}

  package var policy: TextPolicy {
    let older = TextPolicy.ofOlderModels
    return TextPolicy(normalization: normalize ?? older.normalization, whitespace: whitespace ?? older.whitespace)
  }

  package func validate() throws {}
}
