import Files
import Messages

/// Why a checkpoint cannot be written, found or used.
package enum CheckpointError: Error, CustomStringConvertible, ExitStatusProviding {
  /// A system call failed (no space, no permission, disk error); names the path and the system's reason.
  case io(FileError)
  /// The file is truncated, altered or malformed; it must not be used.
  case damaged(path: String, why: String)
  /// A safetensors file that is not a checkpoint, or that a later version wrote.
  case notACheckpoint(path: String, why: String)
  /// No file of this name, or a run directory without checkpoints.
  case notFound(path: String, why: String)
  /// Checkpoints exist in the folder, but none can be verified.
  case noneVerifies(folder: String, count: Int)
  /// The file system has fewer free bytes than needed.
  case noSpace(path: String, needed: Int, available: Int)
  /// The checkpoint lacks a tensor, or has it in a shape that differs from the model's.
  case tensor(name: String, why: String)
  /// Names given twice, or a shape that does not fit its values: nothing was written.
  case unwritable(path: String, why: String)

  package var exitStatus: ExitStatus {
    switch self {
    case .io, .noSpace, .unwritable: .inputOutput
    case .damaged, .notACheckpoint, .tensor: .badData
    case .notFound: .usage
    case .noneVerifies: .noGoodCheckpoint
    }
  }

  package var description: String { text.onOneLine }

  private var text: String {
    switch self {
    case .io(let error): error.description
    case .damaged(let path, let why): "the checkpoint \(path) is damaged: \(why); use another one"
    case .notACheckpoint(let path, let why): "\(path) is not a checkpoint that can be used: \(why)"
    case .notFound(let path, let why): "no checkpoint at \(path): \(why)"
    case .noneVerifies(let folder, let count):
      "none of the \(count) checkpoints in \(folder) verifies; restore one from a backup or start in another --run-dir"
    case .noSpace(let path, let needed, let available):
      "\(path) has \(CheckpointError.megabytes(available)) free and the checkpoints need "
        + "\(CheckpointError.megabytes(needed)); free some space, choose another --run-dir or a smaller --keep"
    case .unwritable(let path, let why): "the checkpoint \(path) was not written: \(why)"
    case .tensor(let name, let why): "the checkpoint does not fit the model: tensor \(name) \(why)"
    }
  }

  /// Bytes as megabytes, for people.
  private static func megabytes(_ bytes: Int) -> String {
    bytes < 1_000_000 ? "\(bytes) bytes" : "\(bytes / 1_000_000) MB"
  }
}
