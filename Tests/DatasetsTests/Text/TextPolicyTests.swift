import Datasets
import Tensors
import TestSupport
import Testing

@Suite struct TextPolicyTests {
  @Test(arguments: [
    ("a b", "a b"), (" a", "a"), ("a ", "a"), ("a  b", "a b"), ("a\tb", "a b"), ("\ta", "a"), ("a\u{A0}b", "a b"),
    ("a \u{A0}\u{202F}\u{3000}b", "a b"), ("a\n", "a"), ("\r\na\u{2028}", "a"), ("a\nb", "a\nb"), ("a \n b", "a\nb"),
    ("  ", ""), ("\u{A0}", ""), ("", ""), ("a\u{200B}b", "a\u{200B}b"), ("\u{200D}a", "\u{200D}a"),
    (" \u{301}a", "\u{301}a"),
    ("e\u{301} ", "\u{E9}"), ("ක්\u{200D}ෂ  ෙ", "ක්\u{200D}ෂ ෙ"),
  ])
  func whiteSpaceCollapses(_ text: String, _ expected: String) {
    #expect(scalars(TextPolicy().applied(to: text)) == scalars(expected))
  }

  @Test func whiteSpaceIsKept() {
    let policy = TextPolicy(whitespace: .keep)
    for text in [" a\u{A0} b\t", "\n", "a\n\nb"] { #expect(scalars(policy.applied(to: text)) == scalars(text)) }
  }

  @Test(arguments: [
    (TextPolicy.Normalization.nfc, [0xE9, 0xFB01]), (.nfd, [0x65, 0x301, 0xFB01]), (.nfkc, [0xE9, 0x66, 0x69]),
    (.nfkd, [0x65, 0x301, 0x66, 0x69]), (.none, [0x65, 0x301, 0xFB01]),
  ])
  func normalForms(_ form: TextPolicy.Normalization, _ expected: [UInt32]) {
    #expect(scalars(TextPolicy(normalization: form).applied(to: "e\u{301}\u{FB01}")) == expected)
  }

  /// What a checkpoint stores once must not change when it is stored again.
  @Test func theResultIsStable() {
    var random = KeyedRandom(seed: 3, purpose: .test)
    let letters: [Unicode.Scalar] = [
      "a", " ", "\t", "\n", "\u{A0}", "\u{3000}", "\u{301}", "\u{E9}", "\u{1100}", "\u{1161}", "\u{11A8}", "\u{FB01}",
      "\u{A8}",
      "\u{2126}", "\u{0DD9}", "\u{0DCA}", "\u{200D}", "\u{0344}", "\u{1D15E}", "\u{FDFA}",
    ]
    for _ in 0..<3000 {
      var text = String.UnicodeScalarView()
      for _ in 0..<random.integer(below: 8) { text.append(letters[random.integer(below: letters.count)]) }
      for form in TextPolicy.Normalization.allCases {
        for whitespace in TextPolicy.Whitespace.allCases {
          let policy = TextPolicy(normalization: form, whitespace: whitespace)
          let once = policy.applied(to: String(text))
          #expect(
            scalars(policy.applied(to: once)) == scalars(once), "\(scalars(String(text))) in \(form), \(whitespace)")
        }
      }
    }
  }
}
