extension Unicode.Scalar {
  /// Whether letters of its script are written together, so that space between them would tear them apart: scripts with joining
  /// letters (Joining_Type of Unicode), and those whose letters hang on a line.
  var isJoined: Bool {
    switch value {
    // Arabic, Syriac, N'Ko, Mandaic, Mongolian, Phags-pa, Adlam and others; then Devanagari, Bengali and Gurmukhi.
    case 0x600...0x77F, 0x7C0...0x7FF, 0x840...0x8FF, 0x1800...0x18AF, 0xA840...0xA87F, 0xFB50...0xFDFF,
      0xFE70...0xFEFC,
      0x1_0AC0...0x1_0AFF, 0x1_0F30...0x1_0F6F, 0x1_E900...0x1_E95F, 0x900...0xA7F:
      true
    default: false
    }
  }
}
