import Foundation
import TestSupport
import Testing

/// `akuru config` and `akuru kernels`, which the scripts in `Launch` call.
@Suite struct ScriptCommandTests {
  let folder = try! TemporaryDirectory()

  private func config(_ key: String, _ text: String) throws -> ProcessResult {
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file("a.json")))
    return try akuru(["config", "--get", key, "--", folder.file("a.json")])
  }

  @Test(arguments: [
    ("runDir", #"{"runDir" : "runs/first"}"#, "runs/first\n"),
    ("runDir", #"{"runDir":"runs\/first"}"#, "runs/first\n"),
    ("runDir", #"{"runDir":"runs/\u0d9a\u0d9a \"x\" \\ $(id)"}"#, "runs/\u{d9a}\u{d9a} \"x\" \\ $(id)\n"),
    ("runDir", #"{"other":{"runDir":"wrong"},"runDir":"right"}"#, "right\n"),
    ("identity.blasCore", #"{"blasCore":"wrong","identity":{"blasCore":"SkylakeX"}}"#, "SkylakeX\n"),
    ("lr", #"{"lr":0.001}"#, "0.001\n"), ("a", #"{"a":0.010936}"#, "0.010936\n"), ("a", #"{"a":-1e-9}"#, "-1e-09\n"),
    ("seed", #"{"seed":18446744073709551615}"#, "18446744073709551615\n"),
    ("resume", #"{"resume":true}"#, "true\n"), ("steps", #"{"steps":1}"#, "1\n"),
    ("runDir", #"{"runDir":null}"#, ""), ("runDir", "{}", ""), ("a.b", #"{"a":"text"}"#, ""), ("", "{}", ""),
    ("runDir", #"{"runDir":""}"#, "\n"),
  ])
  func printsAValue(key: String, text: String, expected: String) throws {
    let result = try config(key, text)
    #expect(result.exitCode == 0 && result.stdout == expected && result.stderr == "", "\(result.transcript)")
  }

  @Test(arguments: [
    ("", "is not a JSON object"), ("{", "is not a JSON object"), (#"["runDir"]"#, "is not a JSON object"),
    (#"{"runDir":"a\u0000b"}"#, "runDir has a line break or a NUL"),
    (#"{"runDir":"a\nb"}"#, "runDir has a line break or a NUL"),
    (#"{"runDir":"a\u2028b"}"#, "runDir has a line break or a NUL"),
    (#"{"runDir":["a"]}"#, "runDir is not a single value"), (#"{"runDir":{}}"#, "runDir is not a single value"),
  ])
  func refusesWhatAShellCannotTake(text: String, message: String) throws {
    let result = try config("runDir", text)
    #expect(result.stdout == "")
    expectFailure(result, 2, ["\(folder.file("a.json")): \(message)"])
  }

  /// Not as arguments of a test, which are written to its log.
  @Test func refusesWhatIsTooLargeOrTooDeep() throws {
    let large = try config("runDir", #"{"runDir":"\#(String(repeating: "a", count: 16 << 20))"}"#)
    expectFailure(large, 2, ["\(folder.file("a.json")): is larger than 16 MiB"])
    let deep = try config("runDir", String(repeating: #"{"a":"#, count: 100_000))
    expectFailure(deep, 2, ["\(folder.file("a.json")): is not a JSON object"])
  }

  @Test func refusesWhatIsNoFile() throws {
    let pipe = folder.file("pipe")
    try #require(mkfifo(pipe, 0o600) == 0)
    for (path, message) in [
      (pipe, "not a regular file"), (folder.path, "Is a directory"), (folder.file("none"), "No such file or directory"),
    ] {
      let result = try akuru(["config", "--get", "runDir", path], timeout: 10)
      expectFailure(result, 2, ["\(path): cannot be read: \(message)"])
    }
  }

  @Test func readsStandardInput() throws {
    let result = try run("bash", ["-c", #"echo '{"a":{"b":"c"}}' | "$0" config --get a.b"#, product("akuru")])
    #expect(result.exitCode == 0 && result.stdout == "c\n", "\(result.transcript)")
  }

  /// The keys that scripts ask for are those that Akuru writes and reads.
  @Test func readsWhatAkuruWrites() throws {
    let workshop = try Workshop(train: 10, validation: 3)
    try workshop.train(Recipes.seed, "run", ["--max-steps", "1"])
    let core = try akuru(["config", "--get", "identity.blasCore", workshop.path("run/config.json")])
    #expect(core.stdout.wholeMatch(of: /[A-Za-z0-9_]+\n/) != nil, "\(core.transcript)")

    let options = try akuru(workshop.training(Recipes.seed, "other", ["--max-steps", "1", "--print-config"]))
    try Data(options.stdout.utf8).write(to: URL(fileURLWithPath: folder.file("options.json")))
    let runDirectory = try akuru(["config", "--get", "runDir", folder.file("options.json")])
    #expect(runDirectory.stdout == workshop.path("other") + "\n", "\(runDirectory.transcript)")
  }

  /// Scripts ask where there is no MPI to be had: no library of Open MPI may start anything.
  @Test func needsNoMPI() throws {
    let environment = ["OMPI_MCA_btl": "none", "OMPI_MCA_pml": "none", "OMPI_MCA_ess": "none"]
    try Data("{}".utf8).write(to: URL(fileURLWithPath: folder.file("a.json")))
    for arguments in [["config", "--get", "a", folder.file("a.json")], ["kernels", "--common"]] {
      let result = try akuru(arguments, environment: environment)
      #expect(result.exitCode == 0 && result.stderr == "", "\(result.transcript)")
    }
  }

  @Test(arguments: [
    (["Cooperlake", "SkylakeX"], "SkylakeX\n"), (["--began", "Haswell", "--", "SkylakeX"], "Haswell\n"),
  ])
  func choosesKernels(arguments: [String], expected: String) throws {
    let result = try akuru(["kernels", "--common"] + arguments)
    #expect(result.exitCode == 0 && result.stdout == expected && result.stderr == "", "\(result.transcript)")
  }

  @Test func refusesWhatIsNoNameOfKernels() throws {
    expectFailure(try akuru(["kernels", "--common", "Haswell; id"]), 2, ["'Haswell; id' is not a name"])
    expectFailure(try akuru(["kernels", "--common", "Zen", "--began", ""]), 2, ["'' is not a name"])
    expectFailure(try akuru(["kernels", "Zen"]), 2, ["--common is missing"])
  }

  @Test func isHiddenFromHelp() throws {
    let help = try akuru(["--help"]).stdout
    #expect(help.contains("  train ") && !help.contains("  config ") && !help.contains("  kernels "), "\(help)")
  }
}
