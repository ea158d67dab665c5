import Datasets
import Foundation
import TestSupport
import Testing

/// Letters of references that a model cannot write.
@Suite struct EvaluateLettersTests {
  @Test(arguments: [1, 2]) func theyAreNamedAndCounted(ranks: Int) throws {
    let workshop = try Workshop(train: 10, validation: 3)
    try workshop.train(Recipes.seed, "run", ["--max-steps", "2"])
    let data = workshop.path("data")
    try FileManager.default.copyItem(atPath: workshop.validation, toPath: data)
    func evaluate() throws -> ProcessResult {
      try akuru(ranks: ranks, ["evaluate", "--checkpoint", workshop.path("run"), "--data", data])
    }
    let known = try evaluate()
    #expect(known.exitCode == 0 && !known.stderr.contains("cannot write"), "\(known.transcript)")
    let records = try DataSet.load(workshop.validation).records
    let texts = ["QxQ", "x"] + records.dropFirst(2).map(\.text)
    let lines = zip(records, texts).map { "\($0.path),\($1)" }
    try GlyphData.write(["file_name,text"] + lines, to: "\(data)/metadata.csv")
    let unknown = try evaluate()
    let words = "the texts have letters that the model cannot write, 4 occurrences of U+0051, U+0078; train on texts"
    #expect(unknown.exitCode == 0 && unknown.stderr.contains(words), "\(unknown.transcript)")
    #expect(unknown.stderr.components(separatedBy: words).count == 2, "said once")
  }
}
