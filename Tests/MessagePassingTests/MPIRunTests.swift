import TestSupport
import Testing

/// Real ranks: `CollectivesCheck` under mpirun. One test at a time, because there are more ranks than cores.
@Suite(.serialized) struct MPIRunTests {
  let program = "CollectivesCheck"

  /// The lines that Akuru wrote, without those of mpirun.
  func messages(_ result: ProcessResult) -> [String] {
    result.stderr.split(separator: "\n").map(String.init).filter { $0.hasPrefix("akuru: ") }
  }

  @Test(arguments: [1, 2, 3, 5])
  func collectives(ranks: Int) throws {
    let result = try mpirun(ranks: ranks, product: program, ["collectives"])
    #expect(result.exitCode == 0, "\(result.transcript)")
    #expect(result.stdout == "all collectives passed on \(ranks)\n")
  }

  @Test func collectivesWithoutMPIRun() throws {
    let result = try run(product(program), ["collectives"])
    #expect(result.exitCode == 0, "\(result.transcript)")
    #expect(result.stdout == "all collectives passed on 1\n")
    #expect(result.stderr == "", "a start without mpirun is silent")
  }

  /// The promise: 24 micro-batches give the same bits, however many ranks share them.
  @Test(arguments: [1001, 300_000])
  func reductionsHaveTheSameBits(gradients: Int) throws {
    let alone = try run(product(program), ["hash", "\(gradients)"])
    #expect(alone.exitCode == 0 && alone.stdout.hasPrefix("hash "), "\(alone.transcript)")
    for ranks in [1, 2, 3, 5] {
      let result = try mpirun(ranks: ranks, product: program, ["hash", "\(gradients)"])
      #expect(result.exitCode == 0, "\(result.transcript)")
      #expect(result.stdout == alone.stdout, "\(ranks) ranks")
    }
  }

  @Test(arguments: [1, 2, 3, 5, 6])
  func reductionsDoNotDependOnTheAlgorithm(algorithm: Int) throws {
    let alone = try run(product(program), ["hash", "1001"])
    let result = try mpirun(
      ranks: 3, product: program, ["hash", "1001"],
      environment: [
        "OMPI_MCA_coll_tuned_use_dynamic_rules": "1", "OMPI_MCA_coll_tuned_allreduce_algorithm": "\(algorithm)",
      ])
    #expect(result.exitCode == 0 && result.stdout == alone.stdout, "\(result.transcript)")
  }

  @Test(arguments: [(ranks: 2, thrower: 0), (2, 1), (3, 1), (5, 4)])
  func aRankThatThrowsEndsTheJob(ranks: Int, thrower: Int) throws {
    let result = try mpirun(ranks: ranks, product: program, ["throw", "\(thrower)", "3"], timeout: 60)
    #expect(result.exitCode == 3, "\(result.transcript)")
    let lines = messages(result)
    #expect(lines.count == 1, "\(result.transcript)")
    #expect(
      lines.first?.hasPrefix("akuru: rank \(thrower) on ") == true
        && lines.first?.hasSuffix(": words.png: not a PNG") == true)
    #expect(!result.stdout.contains("went on"))
  }

  @Test(arguments: [1, 2, 3])
  func aCollectiveFailureIsPrintedOnce(ranks: Int) throws {
    let result = try mpirun(ranks: ranks, product: program, ["fail", "87"], timeout: 60)
    #expect(result.exitCode == 87, "\(result.transcript)")
    #expect(messages(result) == ["akuru: the loss is not finite"])
    #expect(!result.stderr.contains("MPI_ABORT"))
  }

  @Test func errorsOfARankAlone() throws {
    for (arguments, line) in [
      (["throw", "0", "3"], "words.png: not a PNG"), (["together", "all", "3"], "train/: no images"),
    ] {
      let result = try run(product(program), arguments)
      #expect(result.exitCode == 3 && result.stderr == "akuru: \(line)\n", "\(result.transcript)")
    }
    let stopped = try run(product(program), ["exit", "85"])
    #expect(stopped.exitCode == 85 && stopped.stderr == "", "\(stopped.transcript)")
  }

  @Test func workDoneTogetherFailsOnce() throws {
    let everywhere = try mpirun(ranks: 3, product: program, ["together", "all", "4"], timeout: 60)
    #expect(everywhere.exitCode == 4, "\(everywhere.transcript)")
    #expect(messages(everywhere) == ["akuru: train/: no images"])
    let one = try mpirun(ranks: 3, product: program, ["together", "2", "4"], timeout: 60)
    #expect(one.exitCode == 4, "\(one.transcript)")
    let lines = messages(one)
    #expect(lines.count == 1 && lines[0].hasPrefix("akuru: rank 2 on ") && lines[0].hasSuffix(": train/: no images"))
    let none = try mpirun(ranks: 2, product: program, ["together", "7", "4"])
    #expect(none.exitCode == 0 && none.stdout.contains("rank 0 went on") && none.stdout.contains("rank 1 went on"))
  }

  @Test func everyRankExitsWithTheCode() throws {
    let result = try mpirun(ranks: 3, product: program, ["exit", "85"], timeout: 60)
    #expect(result.exitCode == 85, "\(result.transcript)")
    #expect(result.stdout.split(separator: "\n").sorted() == ["rank 0 of 3", "rank 1 of 3", "rank 2 of 3"])
    #expect(messages(result) == [])
  }

  @Test func disagreementNamesRankAndItem() throws {
    let agreed = try mpirun(ranks: 2, product: program, ["disagree", "9"])
    #expect(agreed.exitCode == 0, "\(agreed.transcript)")
    let two = try mpirun(ranks: 2, product: program, ["disagree", "1"], timeout: 60)
    #expect(two.exitCode == 5, "\(two.transcript)")
    let line = messages(two).first ?? ""
    #expect(messages(two).count == 1 && line.hasPrefix("akuru: ranks disagree about alphabet: rank 1 on "))
    #expect(line.contains("xe\\u{0301}y") && line.contains("x\\u{00E9}y") && line.contains(", rank 0 on "))
    #expect(line.hasSuffix("; give it with --alphabet") && line.utf8.count < 400)
    let five = try mpirun(ranks: 5, product: program, ["disagree", "0"], timeout: 60)
    #expect(five.exitCode == 5, "\(five.transcript)")
    #expect(
      messages(five).count == 1 && messages(five)[0].hasPrefix("akuru: ranks disagree about alphabet: rank 0 on "))
  }

  /// Ranks on several machines: one each, two each, and more on one than on others.
  static let spreads = [(ranks: 2, machines: 2), (3, 3), (4, 2), (4, 3), (5, 2)]
  /// Machines whose exchange is recursive: a power of two, with two ranks on each, one more, and many more.
  static let manyMachines = [(ranks: 8, machines: 8), (16, 8), (17, 17), (20, 20)]

  @Test(arguments: spreads + manyMachines, [1, 2, 1001, 300_000])
  func machinesDoNotChangeTheBits(spread: (ranks: Int, machines: Int), gradients: Int) throws {
    let alone = try run(product(program), ["hash", "\(gradients)"])
    #expect(alone.exitCode == 0, "\(alone.transcript)")
    let result = try mpirun(
      ranks: spread.ranks, product: program, ["hash", "\(gradients)"],
      environment: ["AKURU_MACHINES": "\(spread.machines)"])
    #expect(result.exitCode == 0 && result.stdout == alone.stdout, "\(result.transcript)")
  }

  @Test(arguments: [(ranks: 3, machines: 1)] + spreads)
  func floatsAreTheSameOnAllRanks(spread: (ranks: Int, machines: Int)) throws {
    let result = try mpirun(
      ranks: spread.ranks, product: program, ["float", "200001", "\(spread.machines)"],
      environment: ["AKURU_MACHINES": "\(spread.machines)"])
    #expect(result.exitCode == 0, "\(result.transcript)")
  }

  @Test(arguments: [(ranks: 1, machines: 1), (2, 1), (3, 1)] + spreads + manyMachines, [1, 9, 300_001])
  func exchangesAddUp(spread: (ranks: Int, machines: Int), gradients: Int) throws {
    let result = try mpirun(
      ranks: spread.ranks, product: program, ["exchange", "\(gradients)", "\(spread.machines)"],
      environment: ["AKURU_MACHINES": "\(spread.machines)"])
    #expect(result.exitCode == 0, "\(result.transcript)")
  }

  /// A signal at the start of a run, such as one that asks it to stop, must not cost the shared memory.
  @Test func signalsDoNotCostTheSharedMemory() throws {
    let result = try mpirun(ranks: 2, product: program, ["interrupted"])
    #expect(result.exitCode == 0, "\(result.transcript)")
  }

  /// Without shared memory every rank counts as a machine, on all machines.
  @Test(arguments: [0, 3], [1, 2])
  func sharedMemoryMayBeMissing(rank: Int, machines: Int) throws {
    let alone = try run(product(program), ["hash", "1000"])
    let result = try mpirun(
      ranks: 4, product: program, ["broken", "shm_open", "\(rank)"], environment: ["AKURU_MACHINES": "\(machines)"])
    #expect(result.exitCode == 0 && result.stdout == alone.stdout, "\(result.transcript)")
  }

  @Test(arguments: ["MPI_Isend", "MPI_Irecv", "MPI_Testsome"], [0, 1])
  func aFailureOfMPIWhileGradientsTravelEndsTheJob(function: String, rank: Int) throws {
    let result = try mpirun(
      ranks: 2, product: program, ["broken", function, "\(rank)"], environment: ["AKURU_MACHINES": "2"], timeout: 60)
    #expect(result.exitCode == 70, "\(result.transcript)")
    #expect(messages(result).count == 1, "\(result.transcript)")
    #expect(
      messages(result).first?.hasPrefix("akuru: rank \(rank) on ") == true
        && messages(result).first?.contains(": \(function) failed: MPI_ERR_OTHER") == true)
  }

  @Test(arguments: ["short", "wide", "empty"], [(ranks: 2, gradients: 496), (8, 504)])
  func aDamagedMessageEndsTheJob(damage: String, part: (ranks: Int, gradients: Int)) throws {
    let result = try mpirun(
      ranks: part.ranks, product: program, ["broken", damage, "1"], environment: ["AKURU_MACHINES": "\(part.ranks)"],
      timeout: 60)
    #expect(result.exitCode == 70, "\(result.transcript)")
    // Of two machines, one gets damaged messages; of many, several may say so before the job ends.
    let said = messages(result)
    #expect(part.ranks == 2 ? said.count == 1 : (1...3).contains(said.count), "\(result.transcript)")
    #expect(
      said.contains { $0.contains("from machine 1 are not \(part.gradients) packed gradients: a damaged message") }
        && said.allSatisfy { $0.contains("from machine 1 are not ") }, "\(result.transcript)")
  }

  @Test func aLostMicroBatchIsFound() throws {
    let result = try mpirun(ranks: 2, product: program, ["lost", "1"], timeout: 60)
    #expect(result.exitCode == 70, "\(result.transcript)")
    #expect(messages(result).count == 1 && messages(result)[0].contains("added 230 gradient elements in a step of 240"))
  }

  /// The soft limit of open files is raised; where the hard one leaves no room for connections to all ranks, the job ends
  /// before MPI complains for ever.
  @Test(arguments: [("-Sn 45", 0), ("-n 45", 70)] as [(String, Int32)])
  func aLimitOfOpenFilesEndsTheJobOnce(limit: String, status: Int32) throws {
    let job = ["-n", "4", "--oversubscribe", "--bind-to", "none", "bash", "-c", #"ulimit \#(limit); exec "$0" "$@""#]
    let result = try run(
      "mpirun", job + [try product(program), "hash", "1001"],
      environment: mpiEnvironment.merging(["AKURU_MACHINES": "4"]) { $1 }, timeout: 60)
    #expect(result.exitCode == status, "\(result.transcript)")
    guard status != 0 else { return }
    #expect(messages(result).count == 1, "\(result.transcript)")
    #expect(messages(result).first?.contains("too many open files: a process may have 45, and 4 ranks") == true)
  }
}
