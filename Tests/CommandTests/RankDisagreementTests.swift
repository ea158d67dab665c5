import Foundation
import TestSupport
import Testing

/// Ranks that were started differently: all end with one message, and none hangs.
@Suite struct RankDisagreementTests {
  /// Runs two ranks with arguments, and variables of the environment, of their own.
  func akuru(_ first: [String], _ second: [String], variables: [String] = ["", ""]) throws -> ProcessResult {
    let program = try product("akuru")
    let ranks = zip([first, second], variables).map { arguments, variable in
      ["-n", "1", "/usr/bin/env"] + (variable.isEmpty ? [] : [variable]) + [program] + arguments
    }
    return try run(
      "mpirun", ["--oversubscribe", "--bind-to", "none"] + ranks[0] + [":"] + ranks[1],
      environment: quietMPIRun.merging([
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_mpi_yield_when_idle": "1",
        "OMPI_MCA_btl_vader_single_copy_mechanism": "none", "OMPI_MCA_odls_base_sigkill_timeout": "0",
      ]) { $1 }, timeout: 60)
  }

  @Test func otherOptions() throws {
    let workshop = try Workshop(train: 10, validation: 3)
    let arguments = workshop.training(Recipes.seed, "run", ["--max-steps", "2"])
    let result = try akuru(arguments, arguments + ["--lr", "0.5"])
    expectFailure(result, 5, ["ranks disagree about the configuration", "rank 1 on ", "\"lr\":0.5"])
  }

  @Test func otherData() throws {
    let workshop = try Workshop(train: 10, validation: 3)
    let copy = workshop.path("copy")
    try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
    try FileManager.default.copyItem(atPath: workshop.train, toPath: "\(copy)/data")
    try workshop.spoilMetadata(line: 4, "3.png,b")
    // The argument is the same on both ranks, and means another folder on each.
    let arguments = [
      "train", "--train", "data", "--validation", workshop.validation, "--run-dir", workshop.path("run"),
    ]
    try FileManager.default.createSymbolicLink(atPath: workshop.path("data"), withDestinationPath: workshop.train)
    let result = try akuru(
      arguments + Recipes.seed + ["--max-steps", "2"], arguments + Recipes.seed + ["--max-steps", "2"],
      variables: ["--chdir=\(workshop.path(""))", "--chdir=\(copy)"])
    expectFailure(result, 5, ["ranks disagree about the data set data"])
  }

  @Test func aDataSetThatOneRankLacks() throws {
    let workshop = try Workshop(train: 10, validation: 3)
    try FileManager.default.createSymbolicLink(atPath: workshop.path("data"), withDestinationPath: workshop.train)
    // The argument is the same on both ranks; on the second there is nothing under it.
    let arguments =
      ["train", "--train", "data", "--validation", workshop.validation, "--run-dir", workshop.path("run")]
      + Recipes.seed + ["--max-steps", "2"]
    let result = try akuru(arguments, arguments, variables: ["--chdir=\(workshop.path(""))", "--chdir=/"])
    expectFailure(result, 3, ["rank 1 on ", "data: no such file or folder"])
  }

  @Test func anOptionThatOneRankDoesNotKnow() throws {
    let workshop = try Workshop(train: 10, validation: 3)
    let arguments = workshop.training(Recipes.seed, "run", ["--max-steps", "2"])
    for (first, second, rank) in [
      (arguments, arguments + ["--new", "1"], 1), (arguments + ["--new", "1"], arguments, 0),
    ] {
      expectFailure(try akuru(first, second), 2, ["rank \(rank) on ", "Unknown option '--new'"])
    }
  }

  /// Machines with other versions of what decodes images, computes or orders letters.
  @Test(arguments: [
    ("libpng", "unsigned png_access_version_number(void) { return 10637; }"),
    ("libwebp", "int WebPGetDecoderVersion(void) { return 0x10203; }"),
    ("FriBidi", "const char *fribidi_version_info = \"(GNU FriBidi) 0.19.7\";"),
    ("the mathematical library", "double tanh(double x) { return x; }"),
  ])
  func otherLibraries(name: String, source: String) throws {
    let workshop = try Workshop(train: 10, validation: 3)
    let arguments = workshop.training(Recipes.seed, "run", ["--max-steps", "2"])
    let library = try PreloadedLibrary(source)
    let result = try akuru(arguments, arguments, variables: ["", "LD_PRELOAD=\(library.path)"])
    expectFailure(result, 5, ["ranks disagree about \(name): ", "install the same packages"])
  }

  #if arch(x86_64)
    @Test func otherKernels() throws {
      let workshop = try Workshop(train: 10, validation: 3)
      let arguments = workshop.training(Recipes.seed, "run", ["--max-steps", "2"])
      let result = try akuru(
        arguments, arguments, variables: ["OPENBLAS_CORETYPE=Haswell", "OPENBLAS_CORETYPE=Nehalem"])
      expectFailure(result, 5, ["ranks disagree about the OpenBLAS kernels", "Haswell", "OPENBLAS_CORETYPE"])
    }
  #endif
}
