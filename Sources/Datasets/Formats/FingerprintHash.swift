import Hashing

/// Computes ``DataSet/fingerprint``, record by record.
struct FingerprintHash {
  private let hash = SHA256()

  func add(source: Int, path: String, size: Int64, text: String) {
    add(Int64(source))
    add(path)
    add(size)
    add(text)
  }

  /// The fingerprint of all records; nothing can be added afterwards.
  var value: String { hexadecimal(hash.finalize()) }

  private func add(_ number: Int64) {
    withUnsafeBytes(of: number.littleEndian) { hash.update($0) }
  }

  private func add(_ string: String) {
    var string = string
    string.withUTF8 { bytes in
      add(Int64(bytes.count))
      hash.update(UnsafeRawBufferPointer(bytes))
    }
  }
}
