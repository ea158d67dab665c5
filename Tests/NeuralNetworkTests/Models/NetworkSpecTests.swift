import NeuralNetwork
import Testing

@Suite struct NetworkSpecTests {
  @Test(arguments: Architecture.specs.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
  func namedNetworksAreSpecs(name: String, spec: String) throws {
    let architecture = try #require(Architecture.named(name))
    #expect(architecture.name == name && architecture.spec == spec)
    try architecture.validate(classes: 80)
    #expect(try Architecture(spec: spec, name: name) == architecture)
  }

  @Test func builtInSizesAreTheNamedOnes() {
    #expect(Architecture.named("akuru") == .akuru() && Architecture.named("crnn") == .crnn())
    #expect(Architecture.named("tutorial") == .tutorial() && Architecture.named("") == nil)
  }

  @Test func everyKindOfLayer() throws {
    let spec =
      "[1,48,0,1 Bn C{a.b}l5,4,8p1,0b0 Bnr Mp3,2,2,1p1,1 Do0.25 Cr3,3,4 R1,3 R{res}3,3 Do0.1,2 S1(1x0)1,3 Lbx9 Do0.5,1 Lbx{top}7 Lbx8 Lfx5 Gbx{g}6 Grx4 O{out}1c]"
    let architecture = try Architecture(spec: spec)
    #expect(architecture.name == "custom" && architecture.inputHeight == 48 && architecture.inkIsPositive)
    let stages: [LayerSpec] = [
      .batchNormalization(name: "cnn.0", relu: false),
      .convolution(name: "a.b", out: 8, kernel: Extent(5, 4), padding: Extent(1, 0), bias: false, relu: false),
      .batchNormalization(name: "cnn.2", relu: true),
      .maxPool(kernel: Extent(3, 2), stride: Extent(2, 1), padding: Extent(1, 1)),
      .dropout(rate: 0.25, wholeFeatures: false),
      .convolution(name: "cnn.6", out: 4, kernel: Extent(3, 3), padding: Extent(1, 1), bias: true, relu: true),
      .residual(name: "cnn.8", kernel: Extent(1, 3)), .residual(name: "res", kernel: Extent(3, 3)),
      .dropout(rate: 0.1, wholeFeatures: true), .lstm(name: "rnn", layer: 0, hidden: 9),
      .dropout(rate: 0.5, wholeFeatures: false), .lstm(name: "top", layer: 0, hidden: 7),
      .lstm(name: "rnn", layer: 1, hidden: 8),
      .recurrent(name: "rnn", layer: 2, hidden: 5, direction: .forward),
      .recurrent(name: "g", layer: 0, hidden: 6, cell: .gru),
      .recurrent(name: "rnn", layer: 3, hidden: 4, cell: .gru, direction: .reverse), .linear(name: "out"),
    ]
    #expect(architecture.stages == stages)
    #expect(try Architecture(spec: architecture.spec) == architecture)
    #expect(architecture.spec == spec.replacing(" S1(1x0)1,3", with: "").replacing("Do0.5,1", with: "Do0.5"))
    let model = try CRNN(architecture: architecture, classes: 5)
    #expect(model.parameters.tensors.contains { $0.name == "top.weight_hh_l0_reverse" })
    let kraken = try Architecture(spec: "[1,48,0,1  Cr3,3,32 Mp2,2 Lbx192 Do0.2 O1c ]")
    #expect(kraken.spec == "[1,48,0,1 Cr3,3,32 Mp2,2 Lbx192 Do0.2 O1c]")
  }

  @Test(
    arguments: [
      ("", 1, "begins with ["), ("akuru", 1, "begins with ["), ("[", 1, "ends with ]"),
      ("[1,40,0,1 O1c", 13, "ends with ]"),
      ("[]", 2, "the input is missing"), ("[1,40,0,1]", 10, "no layers"), ("[ 1,40,0,1 ]", 12, "no layers"),
      ("[2,40,0,1 O1c]", 2, "the input is 1,HEIGHT,0,1"), ("[1,x,0,1 O1c]", 4, "expected the height"),
      ("[1,0,0,1 O1c]", 5, "1 to 1024"), ("[1,1025,0,1 O1c]", 8, "1 to 1024"), ("[1,40,0,3 O1c]", 10, "the input is"),
      ("[1,1,0,1025 O1c]", 12, "1 to 1024"),
      ("[1,40,0,1,5 O1c]", 10, "nothing more"), ("[1,9999999999,0,1 O1c]", 4, "too large"),
      ("[1,40,0,1 Xr3 O1c]", 11, "Xr3: unknown layer"),
      ("[1,40,0,1 Cx3,3,32 O1c]", 12, "Cr is a convolution with ReLU"),
      ("[1,40,0,1 Cr3,3 O1c]", 16, "LINES,COLUMNS,CHANNELS"), ("[1,40,0,1 Cr3,3,0 O1c]", 11, "0 channels"),
      ("[1,40,0,1 Cr3,3,8,2,17 O1c]", 11, "stride and dilation"),
      ("[1,40,0,1 Cr3,3,8,2 O1c]", 20, "the stride, as in"),
      ("[1,40,0,1 Cr3,3,8,1,1,2 O1c]", 24, "the dilation, as in"),
      ("[1,40,0,1 Cr3,3,8,2,2p1,1 O1c]", 23, "the usual padding"), ("[1,40,0,1 CTr2,2,8,2,2 O1c]", 23, "transposed"),
      ("[1,40,0,1 Cr3,3,6 Gn4 O1c]", 19, "6 channels cannot be in 4 groups"), ("[1,40,0,1 Gn0 O1c]", 11, "in 0 groups"),
      ("[1,40,0,1 Nx O1c]", 12, "Nt is tanh"), ("[1,40,0,1 Lbx4 Nt O1c]", 16, "after the first recurrent layer"),
      ("[1,40,0,1 Cr3,3,8b1 O1c]", 19, "b0"),
      ("[1,40,0,1 Cr3,3,8p1 O1c]", 20, "expected the padding"), ("[1,40,0,1 Cr3,3,8p3,1 O1c]", 11, "padding must be"),
      ("[1,40,0,1 C{}r3,3,8 O1c]", 13, "must not be empty"), ("[1,40,0,1 C{ar3,3,8 O1c]", 20, "} after the name"),
      ("[1,40,0,1 C{a/b}r3,3,8 O1c]", 11, "its name must have"), ("[1,40,0,1 C{a\u{9}}r3,3,8 O1c]", 11, "C{a?}r3,3,8"),
      ("[1,40,0,1 Mp2 O1c]", 14, "expected the window"), ("[1,40,0,1 Mp2,2,0,1 O1c]", 11, "stride sizes"),
      ("[1,40,0,1 Mp41,1 O1c]", 11, "window and stride"), ("[1,6,0,1 Cr9,3,2p0,1 O1c]", 10, "6 lines are too few"),
      ("[1,40,0,1 Bnx O1c]", 13, "nothing more"), ("[1,40,0,1 Dox O1c]", 13, "rate of dropout"),
      ("[1,40,0,1 Do1 O1c]", 11, "is not possible"), ("[1,40,0,1 Do0.2,3 O1c]", 18, "2 whole features"),
      ("[1,40,0,1 Do.. O1c]", 13, "rate of dropout"), ("[1,40,0,1 Lqx9 O1c]", 12, "along the line: Lbx"),
      ("[1,40,0,1 Gfy9 O1c]", 13, "along the line: Gbx"),
      ("[1,40,0,1 Lbxs9 O1c]", 15, "summarize"), ("[1,40,0,1 Lbx O1c]", 14, "features of each direction"),
      ("[1,40,0,1 Lbx0 O1c]", 11, "hidden"), ("[1,40,0,1 O1c5,9]", 15, "nothing more"),
      ("[1,40,0,1 O1s]", 12, "the output is O1c"),
      ("[1,40,0,1 O1c O1c]", 11, "last stage"), ("[1,40,0,1 Lbx9 Cr3,3,2 O1c]", 16, "after the first recurrent layer"),
      ("[1,40,0,1 S1(1x0)1,3 Mp2,2 O1c]", 22, "gone after S1"), ("[1,40,0,1 S1(1x12)1,3 O1c]", 12, "only reshaping"),
      ("[1,40,0,1 C{x}r3,3,2 C{x}r3,3,2 O1c]", 22, "a second layer named x"),
      ("[1,40,0,1 ක O1c]", 11, "unknown layer"), ("[1,40,0,1 Cr3,3,32\nMp2,2 O1c]", 19, "nothing more"),
      ("[" + String(repeating: " ", count: 20_000) + "]", 10_001, "too long"),
      ("[1,9,0,1" + String(repeating: " Do0.1", count: 257) + " O1c]", 10 + 6 * 256, "at most 256"),
    ] as [(String, Int, String)])
  func errorsPointAtThePlace(spec: String, position: Int, message: String) {
    let error = #expect(throws: NetworkSpecError.self) { try Architecture(spec: spec) }
    #expect(error?.position == position && error?.message.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
    #expect(error?.description.contains("\n") == false)
  }

  /// The default network of kraken 7, as its trainer takes it, as its files say it, and as it is here.
  @Test func stringsOfKraken() throws {
    let asked = """
      [1,120,0,1 Cr3,13,32 Do0.1,2 Mp2,2 Cr3,13,32 Do0.1,2 Mp2,2 Cr3,9,64 Do0.1,2 Mp2,2 Cr3,9,64 Do0.1,2 S1(1x0)1,3 \
      Lbx200 Do0.1,2 Lbx200 Do0.1,2 Lbx200 Do]
      """
    let written = """
      [1,120,0,1 Cr{C_0}3,13,32 Do{Do_1}0.1,2 Mp{Mp_2}2,2 Cr{C_3}3,13,32 Do{Do_4}0.1,2 Mp{Mp_5}2,2 Cr{C_6}3,9,64 \
      Do{Do_7}0.1,2 Mp{Mp_8}2,2 Cr{C_9}3,9,64 Do{Do_10}0.1,2 S{S_11}1(1x0)1,3 Lbx{L_12}200 Do{Do_13}0.1,2 Lbx{L_14}200 \
      Do{Do_15}0.1,2 Lbx{L_16}200 Do{Do_17} O{O_18}1c47]
      """
    let expected = asked.replacing(" S1(1x0)1,3", with: "").replacing("Do]", with: "Do0.5 O1c]")
    let network = try Architecture(spec: asked)
    #expect(network.spec == expected)
    #expect(try network.weightCount(classes: 47) > 1_000_000)
    let named = try Architecture(spec: written)
    #expect(named.stages.map(\.name).contains("C_9") && named.stages.count == network.stages.count)
    for spec in [asked, written] {
      let (architecture, blocks) = try Architecture.kraken(spec)
      #expect(architecture == network)
      let names = ["C_0", "C_3", "C_6", "C_9", "L_12", "L_14", "L_16", "O_18"]
      #expect(blocks.map(\.name).filter { !$0.isEmpty } == names && blocks.count == network.stages.count)
    }
  }

  @Test func krakensOwnMeanings() throws {
    let spec = "[1,8,0,1 Ct{x}3,3,4,2,1 Gn2 Clr1,1,4 CTr2,3,4 Cm3,3,4,1,1,1,2 Cs3,3,2 S1(1x0)1,3 Gbx5 Lrx4 Gfx3 O1c9]"
    let (architecture, blocks) = try Architecture.kraken(spec)
    #expect(
      architecture.spec
        == "[1,8,0,1 Cl3,3,4,2,1 Nt Gn2 Cl1,1,4 Nlr Cr2,3,4p1,1 Cl3,3,4,1,1,1,2 Nm Cl3,3,2 Lbx5 Lfx4 Lfx3 O1c]")
    #expect(
      blocks.map(\.name) == ["x", "x", "Gn_1", "C_2", "C_2", "C_3", "C_4", "C_4", "C_5", "G_7", "L_8", "G_9", "O_10"])
    #expect(blocks.map(\.isTransposed).firstIndex(of: true) == 5)
    let own = try Architecture(spec: spec)
    #expect(own.spec.hasSuffix("Cl3,3,2 Gbx5 Lrx4 Gfx3 O1c]") && own.spec.hasPrefix("[1,8,0,1 C{x}l3,3,4,2,1 Nt Gn2 "))
    #expect(try Architecture(spec: own.spec) == own)
    #expect(try Architecture.kraken("[1,1,0,48 Lbx100 O1c5]").architecture.spec == "[1,48,0,1 Lbx100 O1c]")
    let error = #expect(throws: NetworkSpecError.self) { try Architecture.kraken("[1,8,0,1 Cr3,3,4 Lbx5 O1c9]") }
    #expect(error?.position == 18 && error?.message.contains("reads each of 8 lines for itself") == true)
  }
}
