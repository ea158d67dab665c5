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
/// set; an error stands for one that cannot be read, and the others are audited all the same.
///
/// - Parameters:
///   - geometry: the model's requirements of its images.
///   - alphabetPath: file of the letters that texts may use; nil allows all.
/// - Throws: `DataSetError` for an alphabet that cannot be read, and for what the machine refuses.
package func checkData(
  _ arguments: [String], _ reading: ReadingOptions, geometry: InputGeometry, alphabetPath: String?,
  over communicator: Communicator,
  output: RunLog? = nil
) throws -> [Result<CheckedData, DataSetError>] {
  let alphabet = try communicator.together {
    try alphabetPath.map { try Alphabet(fileURL: URL(fileURLWithPath: $0)) }
  }
  return try arguments.map { argument in
    let loaded = try communicator.together {
      do throws(DataSetError) {
        return Result<DataSet, DataSetError>.success(try DataSet.load(argument, reading))
      } catch {
        if error.isOfMachine { throw error }
        return .failure(error)
      }
    }
    switch loaded {
    case .failure(let error): return .failure(error)
    case .success(let dataSet):
      return .success(
        CheckedData(
          dataSet: dataSet,
          audit: try audit(
            Audit(dataSet, geometry: geometry, alphabet: alphabet), over: communicator, output: output)))
    }
  }
}
