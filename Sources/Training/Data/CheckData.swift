import Datasets
import Foundation
import MessagePassing

/// A data set and what its audit found.
public struct CheckedData {
  public let dataSet: DataSet
  public let audit: AuditResult
}

/// Audits data sets as training would: `akuru check`, `akuru stats`. All ranks get the results, one for each data set.
///
/// - Parameters:
///   - options: model, height and widest image to audit for, and the alphabet file.
/// - Throws: `DataSetError` for a data set or alphabet that cannot be read, ``ConfigurationError`` for wrong options.
public func checkData(
  _ arguments: [String], for options: TrainingOptions, over communicator: Communicator, output: RunLog? = nil
) throws -> [CheckedData] {
  let (geometry, alphabet) = try communicator.together {
    let recipe = try Recipe(options)
    return (
      InputGeometry(try recipe.architecture(), maximumWidth: recipe.maxWidth),
      try options.alphabet.map { try Alphabet(fileURL: URL(fileURLWithPath: $0)) }
    )
  }
  return try arguments.map { argument in
    let dataSet = try communicator.together { try DataSet.load(argument) }
    return CheckedData(
      dataSet: dataSet,
      audit: try audit(
        dataSet, alphabet: alphabet, geometry: geometry, use: .training, over: communicator, output: output))
  }
}
