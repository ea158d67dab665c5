import Datasets
import Images
import MessagePassing
import NeuralNetwork

extension ExitStatus {
  /// The status a process ends with when nobody handles `error`.
  public init(for error: any Error) {
    switch error {
    case let error as any ExitStatusProviding: self = error.exitStatus
    case is ConfigurationError, is ArchitectureError: self = .usage
    case is DataSetError, is ImageError: self = .badData
    case is RanksDisagree: self = .ranksDisagree
    default: self = .inputOutput
    }
  }
}
