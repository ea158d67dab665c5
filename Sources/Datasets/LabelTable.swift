/// The encoded texts of a data set in one flat array.
package struct LabelTable: Sendable {
  private var labels: [Int32] = []
  /// Label i is `labels[offsets[i] ..< offsets[i + 1]]`.
  private var offsets: [Int] = [0]

  /// Encodes every record's text.
  /// - Throws: ``DataSetError`` that names the first record with a scalar that the alphabet lacks.
  package init(_ dataSet: DataSet, _ codec: LabelCodec) throws(DataSetError) {
    offsets.reserveCapacity(dataSet.records.count + 1)
    for record in dataSet.records {
      do {
        labels += try codec.encode(record.text)
      } catch {
        throw .invalid(reason: "\(record.absolutePath): the text has scalars \(error.description)")
      }
      offsets.append(labels.count)
    }
  }

  /// Encodes the known scalars of every record's text, for evaluation. The loss then ignores unknown scalars, while the
  /// error rates, which compare texts, count them as errors.
  package init(knownScalarsOf dataSet: DataSet, _ codec: LabelCodec) {
    offsets.reserveCapacity(dataSet.records.count + 1)
    for record in dataSet.records {
      labels += codec.encodeKnown(record.text)
      offsets.append(labels.count)
    }
  }

  /// A table of given labels.
  package init(_ newLabels: some Sequence<[Int32]>) {
    for label in newLabels {
      labels += label
      offsets.append(labels.count)
    }
  }

  package var count: Int { offsets.count - 1 }

  /// The label of sample `i`.
  package subscript(_ i: Int) -> ArraySlice<Int32> { labels[offsets[i]..<offsets[i + 1]] }

  /// Time steps that CTC needs for sample `i`.
  package func neededSteps(_ i: Int) -> Int { InputGeometry.neededSteps(self[i]) }
}
