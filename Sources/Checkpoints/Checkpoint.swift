/// The full state of a training run between two steps: weights under PyTorch's names, buffers, optimizer state as
/// `optimizer.<slot>.<name>`, and everything else as JSON strings in `metadata`.
///
/// A checkpoint is a copy: training may continue while it is written. It must not depend on host, time or world size,
/// so that the files of two runs can be compared with `cmp`. The file is in safetensors format, with two metadata keys
/// of its own: `format` (``format``) and `sha256`, the SHA-256 of the whole file (length, header and payload) with the
/// 64 digits of the sum itself replaced by "0".
package struct Checkpoint: Sendable, Equatable {
  /// The value of the metadata key `format`.
  package static let format = "akuru-checkpoint-1"
  /// The keys of `metadata` that writing adds and reading removes.
  package static let reservedKeys = ["format", "sha256"]

  package var tensors: [NamedTensor]
  /// JSON strings by key, without the reserved keys.
  package var metadata: [String: String]

  package init(tensors: [NamedTensor], metadata: [String: String]) {
    (self.tensors, self.metadata) = (tensors, metadata)
  }

  /// The tensor of this name.
  package func tensor(_ name: String) -> NamedTensor? { tensors.first { $0.name == name } }

  /// Copies a tensor into `memory`, which has room for the product of `shape`.
  ///
  /// Throws `CheckpointError.tensor` when it is missing or of another shape.
  package func copy(
    _ name: String, shape: [Int], into memory: UnsafeMutablePointer<Float>
  ) throws(CheckpointError) {
    guard let tensor = tensor(name) else { throw .tensor(name: name, why: "is missing") }
    guard tensor.shape == shape else {
      throw .tensor(name: name, why: "has shape \(tensor.shape), the model needs \(shape)")
    }
    tensor.values.withUnsafeBufferPointer { values in
      if let source = values.baseAddress { memory.update(from: source, count: values.count) }
    }
  }
}
