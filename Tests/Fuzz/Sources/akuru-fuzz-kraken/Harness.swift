@testable import Checkpoints
@testable import Datasets
import FuzzSupport
@testable import NeuralNetwork
@testable import Recognition

private let scratch = Scratch()

/// The weights of `[1,2,0,1 Cr1,1,2 Gn2 S1(1x0)1,3 Lfx1 O1c3]` below the name `m`.
private let weights: [NamedTensor] = [
  ("C_0.co.weight", [2, 1, 1, 1]), ("C_0.co.bias", [2]), ("Gn_1.layer.weight", [2]), ("Gn_1.layer.bias", [2]),
  ("L_3.layer.weight_ih_l0", [4, 4]), ("L_3.layer.weight_hh_l0", [4, 1]), ("L_3.layer.bias_ih_l0", [4]),
  ("L_3.layer.bias_hh_l0", [4]), ("O_4.lin.weight", [3, 1]), ("O_4.lin.bias", [3]),
].map { name, shape in
  NamedTensor(name: "m.nn.\(name)", shape: shape, values: Array(repeating: 0.5, count: shape.reduce(1, *)))
}

/// What a safetensors file of kraken says of its models: `kraken_meta`. A model that is accepted has the weights of its network.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  let path = scratch.file("x.safetensors")
  do {
    try SafeTensors.write(weights, metadata: ["kraken_meta": text], to: path)
    let model = try KrakenModel(SafeTensorsFile(path))
    let parameters = try CRNN(architecture: model.architecture, classes: model.alphabet.classCount).parameters
    require(parameters.tensors.map(\.name).sorted() == model.tensors.map(\.name).sorted(), model.architecture.spec)
    require(model.tensors.allSatisfy { $0.shape.reduce(1, *) == $0.values.count }, model.architecture.spec)
  } catch {
    requireOneLine(error)
  }
  return 0
}
