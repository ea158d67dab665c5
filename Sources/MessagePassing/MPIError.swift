internal import CMPI

/// An MPI call that returned an error code.
package struct MPIError: Error, CustomStringConvertible, Equatable {
  package let code: Int32
  /// The MPI function, for example "MPI_Bcast".
  package let function: String
  /// MPI's description of the code.
  package let text: String

  init(code: Int32, function: String) {
    var characters = [CChar](repeating: 0, count: Int(akuru_mpi_longest_text()))
    var length: Int32 = 0
    let known = akuru_mpi_error_text(code, &characters, &length) == akuru_mpi_success()
    self.init(
      code: code, function: function,
      text: known
        ? String(decoding: characters.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        : "unknown error")
  }

  init(code: Int32, function: String, text: String) {
    (self.code, self.function, self.text) = (code, function, text)
  }

  package var description: String { "\(function) failed: \(text) (code \(code))" }

  /// Throws unless `code` is success.
  static func check(_ code: Int32, _ function: @autoclosure () -> String) throws(MPIError) {
    if code != akuru_mpi_success() { throw MPIError(code: code, function: function()) }
  }
}

/// An error that **every** rank throws at the same point, because it follows from data that all ranks share.
///
/// Rank 0 prints it, all ranks finish in order, and each exits with the code of the error; nobody is aborted. An error
/// that a single rank could throw alone must not conform: the other ranks would wait for it forever.
package protocol CollectiveFailure: Error {}
