import Foundation
import TestSupport
import Testing

/// The completions of bash, in a bash that has loaded them: names of options, values of enumerations, and paths.
@Suite struct CompletionTests {
  /// What bash offers for the last of `words`, in a folder with one file and one folder.
  private func completions(_ words: [String]) throws -> [String] {
    let folder = try TemporaryDirectory()
    try folder.write(try akuru(["--generate-completion-script", "bash"]).stdout, "akuru.bash")
    try folder.write("", "lines.csv")
    try FileManager.default.createDirectory(atPath: folder.file("linesets"), withIntermediateDirectories: false)
    let script = """
      cd "$1"; shift; source ./akuru.bash
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMPREPLY=()
      name=$(complete -p akuru | sed 's/.*-F \\([^ ]*\\).*/\\1/')
      "$name" akuru "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}" 2>/dev/null
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let result = try run("bash", ["-c", script, "bash", folder.path, "akuru"] + words)
    return result.stdout.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.sorted()
  }

  @Test func bashCompletesCommandsAndOptions() throws {
    #expect(try completions(["tr"]) == ["train"])
    #expect(try completions(["train", "--run-"]) == ["--run-dir"])
  }

  @Test(arguments: [
    (["train", "--model"], ["akuru", "crnn", "tutorial"]),
    (["train", "--optimizer"], ["adadelta", "adam", "adamw", "lamb", "sgd"]),
    (["train", "--schedule"], ["constant", "cosine", "one-cycle", "plateau", "step"]),
    (["train", "--reduce"], ["exact", "float"]), (["train", "--direction"], ["auto", "ltr", "none", "rtl"]),
    (["export", "--format"], ["akuru", "kraken", "onnx", "safetensors"]),
    (["split", "--by"], ["auto", "folder", "page", "text"]),
  ]) func bashCompletesValues(words: [String], values: [String]) throws {
    #expect(try completions(words + [""]) == values)
    #expect(try completions(words + [String(values[0].prefix(2))]).contains(values[0]))
  }

  @Test func bashCompletesPaths() throws {
    for words in [["train", "--train"], ["check"], ["evaluate", "--data"], ["predict", "-m"]] {
      let found = try completions(words + ["lines"])
      #expect(found.contains { $0.hasPrefix("linesets") } && found.contains("lines.csv"), "\(words): \(found)")
    }
    let folders = try completions(["train", "--run-dir", "lines"])
    #expect(folders.count == 1 && folders[0].hasPrefix("linesets"), "\(folders)")
  }
}
