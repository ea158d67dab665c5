import Foundation

/// Tensors of floats from a safetensors file in the fixtures folder.
struct GoldenFile {
  struct Tensor {
    let shape: [Int]
    let elements: [Float]
    /// Row i of a tensor, seen as shape[0] rows.
    func row(_ i: Int) -> [Float] {
      let size = elements.count / shape[0]
      return Array(elements[i * size..<(i + 1) * size])
    }
  }

  let tensors: [String: Tensor]
  let metadata: [String: String]

  init(_ name: String) throws {
    guard let folder = Bundle.module.resourceURL else { throw CocoaError(.fileNoSuchFile) }
    let data = try Data(contentsOf: folder.appendingPathComponent("fixtures/\(name).safetensors"))
    let headerSize = Int(
      data[0..<8].enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) })
    let payload = data.subdata(in: 8 + headerSize..<data.count)
    let header =
      try JSONSerialization.jsonObject(with: data.subdata(in: 8..<8 + headerSize)) as? [String: [String: Any]]
    var tensors: [String: Tensor] = [:]
    metadata = header?["__metadata__"] as? [String: String] ?? [:]
    for (name, entry) in header ?? [:] where name != "__metadata__" {
      guard entry["dtype"] as? String == "F32", let shape = entry["shape"] as? [Int],
        let span = entry["data_offsets"] as? [Int]
      else { throw CocoaError(.fileReadCorruptFile) }
      let elements = payload.subdata(in: span[0]..<span[1]).withUnsafeBytes { bytes in
        (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
      }
      tensors[name] = Tensor(shape: shape, elements: elements)
    }
    self.tensors = tensors
  }

  subscript(_ name: String) -> Tensor {
    get throws {
      guard let tensor = tensors[name] else { throw CocoaError(.coderValueNotFound) }
      return tensor
    }
  }
}
