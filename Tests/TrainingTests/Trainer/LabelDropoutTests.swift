import NeuralNetwork
import TestSupport
import Testing
import Training

@Suite struct LabelDropoutTests {
  private func labels(rate: Double, seed: UInt64 = 1, step: Int = 0, samples: [Int32], _ label: [Int32]) throws
    -> [[Int32]]
  {
    var course = CourseSettings()
    (course.labelDropout, course.seed) = (rate, seed)
    let dropout = try #require(course.labelDropout(step: step))
    let batch = LabelBatch()
    for sample in samples { dropout.append(label[...], sample: sample, to: batch) }
    return samples.indices.map { Array(batch[$0]) }
  }

  private let letters = (1...200).map { Int32($0) }

  @Test func withoutARateThereIsNone() throws {
    #expect(CourseSettings().labelDropout(step: 3) == nil)
    #expect(try labels(rate: 0, samples: [4, 5], letters) == [letters, letters])
    #expect(try labels(rate: 0.5, samples: [1, 2], []) == [[], []])
  }

  /// What is left is in its order, and about as much as the rate says: 100 of 200, six standard deviations are 43.
  @Test func lettersAreLeftOut() throws {
    let left = try labels(rate: 0.5, samples: Array(0..<20), letters)
    for label in left {
      #expect(zip(label, label.dropFirst()).allSatisfy { $0 < $1 } && Set(label).isSubset(of: letters))
      #expect((57...143).contains(label.count), "\(label.count)")
    }
    #expect(Set(left).count == 20, "each sample loses others")
    let few = try labels(rate: 0.1, samples: Array(0..<20), letters).reduce(0) { $0 + $1.count }
    #expect((3486...3714).contains(few), "\(few) of 4000; expected 3600 and 6 times 19")
  }

  /// A function of seed, step and sample; not of what came before.
  @Test func theKeyDecides() throws {
    let all = try labels(rate: 0.3, seed: 7, step: 11, samples: [5, 6, 7], letters)
    #expect(try labels(rate: 0.3, seed: 7, step: 11, samples: [7, 5], letters) == [all[2], all[0]])
    #expect(try labels(rate: 0.3, seed: 8, step: 11, samples: [5], letters)[0] != all[0])
    #expect(try labels(rate: 0.3, seed: 7, step: 12, samples: [5], letters)[0] != all[0])
    #expect(try labels(rate: 0.3, seed: 7, step: 11, samples: [5], letters + [201])[0].starts(with: all[0]))
  }
}
