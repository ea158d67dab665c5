import Console
import Datasets
import Foundation
import MessagePassing

/// A data set and its audit's result.
package struct CheckedData {
  package let dataSet: DataSet
  package let audit: AuditResult

  /// What the data set has in common with a training set.
  package func shared(with training: CheckedData) -> SharedData {
    SharedData(
      of: dataSet, with: training.dataSet,
      images: AuditResult.shared(audit.goodDigests, with: training.audit.goodDigests))
  }
}

/// Audits data sets as training would: `akuru check`, `akuru stats`. All ranks return the results, one for each data
/// set.
///
/// - Parameters:
///   - geometry: the model's requirements of its images.
///   - alphabetPath: file of the letters that texts may use; nil allows all.
/// - Throws: `DataSetError` for a data set or alphabet that cannot be read.
package func checkData(
  _ arguments: [String], _ reading: ReadingOptions, geometry: InputGeometry, alphabetPath: String?,
  over communicator: Communicator,
  output: RunLog? = nil
) throws -> [CheckedData] {
  let alphabet = try communicator.together {
    try alphabetPath.map { try Alphabet(fileURL: URL(fileURLWithPath: $0)) }
  }
  return try arguments.map { argument in
    let dataSet = try communicator.together { try DataSet.load(argument, reading) }
    return CheckedData(
      dataSet: dataSet,
      audit: try audit(
        dataSet, alphabet: alphabet, geometry: geometry, use: .training, over: communicator, output: output))
  }
}
