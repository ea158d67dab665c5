import Files
import Messages

/// The safetensors file format (https://github.com/huggingface/safetensors): 8 bytes little-endian header length, a
/// JSON header that maps each tensor's name to data type, shape and offsets, then the tensors' bytes, little-endian,
/// row-major.
package enum SafeTensors {
  /// The longest header the format allows, in bytes.
  package static let maximumHeaderLength = 100_000_000
  /// Akuru's own limit, far above any CRNN, so that a hostile header cannot make it allocate much memory.
  package static let maximumTensors = 100_000
  package static let maximumDimensions = 64

  /// Element types. All are accepted in a header; ``SafeTensorsFile`` reads the elements of `f32` and `i64`.
  package enum DataType: String, Sendable {
    case bool = "BOOL"
    case u8 = "U8"
    case i8 = "I8"
    case f8e5m2 = "F8_E5M2"
    case f8e4m3 = "F8_E4M3"
    case i16 = "I16"
    case u16 = "U16"
    case f16 = "F16"
    case bf16 = "BF16"
    case i32 = "I32"
    case u32 = "U32"
    case f32 = "F32"
    case i64 = "I64"
    case u64 = "U64"
    case f64 = "F64"
    case c64 = "C64"

    /// Bytes per element.
    package var size: Int {
      switch self {
      case .bool, .u8, .i8, .f8e5m2, .f8e4m3: 1
      case .i16, .u16, .f16, .bf16: 2
      case .i32, .u32, .f32: 4
      case .i64, .u64, .f64, .c64: 8
      }
    }
  }

  /// A tensor as the header describes it.
  package struct Entry: Sendable, Equatable {
    package let name: String
    package let dataType: DataType
    package let shape: [Int]
    /// The range of its bytes, counted from the end of the header.
    package let bytes: Range<Int>

    /// Number of elements; 1 for a scalar (empty shape).
    package var count: Int { bytes.count / dataType.size }
  }
}

/// A tensor of floats with its name.
package struct NamedTensor: Sendable, Equatable {
  package let name: String
  package let shape: [Int]
  /// Row-major; the count is the product of `shape`.
  package let values: [Float]

  package init(name: String, shape: [Int], values: [Float]) {
    (self.name, self.shape, self.values) = (name, shape, values)
  }
}

/// Why a safetensors file cannot be read or written.
package enum SafeTensorsError: Error, CustomStringConvertible, ExitStatusProviding {
  case io(FileError)
  /// The file breaks a rule of the format; `why` names the tensor.
  case invalid(path: String, why: String)

  package var exitStatus: ExitStatus {
    switch self {
    case .io: .inputOutput
    case .invalid: .badData
    }
  }

  package var description: String { text.onOneLine }

  private var text: String {
    switch self {
    case .io(let error): error.description
    case .invalid(let path, let why): "\(path) is not a good safetensors file: \(why)"
    }
  }
}
