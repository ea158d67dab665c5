import Foundation
import TestSupport
import Testing

/// The completions of each shell, in a shell that has loaded them: names of options, values of enumerations, and paths.
@Suite struct CompletionTests {
  enum Shell: String, CaseIterable {
    case bash, zsh, fish

    /// What prints the completions of the last of the words $2 and on, in the folder $1 with the file `completions`.
    var script: String {
      switch self {
      case .bash:
        #"""
        cd "$1"; shift; source ./completions
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMPREPLY=()
        name=$(complete -p akuru | sed 's/.*-F \([^ ]*\).*/\1/')
        "$name" akuru "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}" 2>/dev/null
        printf '%s\n' "${COMPREPLY[@]}"
        """#
      // Completes in a terminal of its own, whose shell writes down what it adds.
      case .zsh:
        #"""
        cd "$1"; shift; mv completions _akuru; words="$*"
        cat > setup <<'END'
        PROMPT=
        fpath=($PWD $fpath)
        autoload -Uz compinit
        compinit -u -D
        compadd () {
          local -a hits
          builtin compadd -O hits "$@" 2>/dev/null
          [[ " $* " == *" -"[OAD]" "* ]] || print -l -r -- $hits >> $PWD/found
          builtin compadd "$@"
        }
        finish () { print END >> $PWD/found; exit }
        comppostfuncs=(finish)
        bindkey '^I' complete-word
        print ready
        END
        zmodload zsh/zpty
        zpty terminal zsh -f -i
        zpty -w terminal "source ./setup"
        while zpty -r terminal line; do [[ $line == *ready* ]] && break; done
        zpty -w -n terminal "$words"$'\t'
        repeat 600; do grep -qs '^END$' found && break; sleep 0.1; done
        grep -v '^END$' found
        """#
      case .fish:
        #"""
        cd $argv[1]; source ./completions
        complete -C (string join " " -- $argv[2..]) | string replace -r '\t.*' ''
        """#
      }
    }
  }

  /// What a shell offers for the last of `words`, in a folder with one file and one folder.
  private func completions(_ words: [String], _ shell: Shell = .bash) throws -> [String] {
    let folder = try TemporaryDirectory()
    try folder.write(try akuru(["--generate-completion-script", shell.rawValue]).stdout, "completions")
    try folder.write("", "lines.csv")
    try FileManager.default.createDirectory(atPath: folder.file("linesets"), withIntermediateDirectories: false)
    let name = shell == .fish ? [] : [shell.rawValue]
    let result = try run(shell.rawValue, ["-c", shell.script] + name + [folder.path, "akuru"] + words)
    return result.stdout.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.sorted()
  }

  @Test(arguments: Shell.allCases) func eachShellCompletes(_ shell: Shell) throws {
    #expect(try completions(["tr"], shell) == ["train"])
    #expect(try completions(["train", "--start-weights", ""], shell) == ["glorot", "pytorch"])
    #expect(try completions(["split", "--by", ""], shell) == ["auto", "folder", "page", "text"])
    let folders = Set(try completions(["train", "--run-dir", "lines"], shell))
    #expect(folders.count == 1 && folders.first!.hasPrefix("linesets"), "\(folders)")
    let data = try completions(["check", "lines"], shell)
    #expect(data.contains { $0.hasPrefix("linesets") } && data.contains("lines.csv"), "\(data)")
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
