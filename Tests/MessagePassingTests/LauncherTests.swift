import MessagePassing
import Messages
import TestSupport
import Testing

@Suite struct LauncherTests {
  @Test func theFirstVariableDecides() {
    #expect(Launcher([:]) == nil && Launcher(["PMI_SIZE": "many"]) == nil)
    let hydra = Launcher(["PMI_SIZE": "3", "PMI_RANK": "2", "SLURM_STEP_NUM_TASKS": "1"])
    #expect(hydra?.variable == "PMI_SIZE" && hydra?.processes == 3 && hydra?.rank == 2)
    // The daemons of mpirun are the tasks of a Slurm step of their own.
    let mpirun = Launcher(["OMPI_COMM_WORLD_SIZE": "1", "SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "3"])
    #expect(mpirun?.mismatch(found: 1, library: "x") == nil)
    #expect(Launcher(["FLUX_JOB_SIZE": "2"])?.mismatch(found: 2, library: "x") == nil)
  }

  /// As of a launcher of another MPI: not several trainings of one rank, but one message.
  @Test(arguments: [("PMI_SIZE", "PMI_RANK"), ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID")])
  func processesThatAreEachAloneAreRefused(size: String, rank: String) throws {
    let first = try run(product("CollectivesCheck"), ["exit", "0"], environment: [size: "3", rank: "0"])
    #expect(first.exitCode == 70 && first.stdout == "", "\(first.transcript)")
    let start = "akuru: the launcher started 3 processes (\(size)), but each is alone: it does not fit the MPI of this"
    #expect(first.stderr.contains("\(start) program, Open MPI v"), "\(first.transcript)")
    let other = try run(product("CollectivesCheck"), ["exit", "0"], environment: [size: "3", rank: "1"])
    #expect(other.exitCode == 70 && !other.stderr.contains("akuru: "), "\(other.transcript)")
    let one = try run(product("CollectivesCheck"), ["exit", "9"], environment: [size: "1", rank: "0"])
    #expect(one.exitCode == 9, "\(one.transcript)")
  }
}
