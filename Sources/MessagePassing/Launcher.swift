import Foundation
import Messages

/// The launcher that started this process, as its environment describes it.
package struct Launcher: Equatable {
  /// The variable that says how many processes it started.
  package let variable: String
  package let processes: Int
  /// This process's number among them.
  package let rank: Int

  /// Variables of launchers: the number of processes, and this one's number. The first that is there decides: mpirun
  /// within a Slurm job has Slurm's variables as well, which count its daemons.
  private static let variables = [
    ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"), ("PMI_SIZE", "PMI_RANK"), ("FLUX_JOB_SIZE", "FLUX_TASK_RANK"),
    ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID"),
  ]

  /// - Parameter environment: of the process.
  /// - Returns: nil for a process that no launcher started.
  package init?(_ environment: [String: String]) {
    for (size, rank) in Launcher.variables {
      guard let processes = environment[size].flatMap({ Int($0) }), processes > 0 else { continue }
      (variable, self.processes, self.rank) = (size, processes, environment[rank].flatMap { Int($0) } ?? 0)
      return
    }
    return nil
  }

  /// The error of a process that was started with others, and that MPI knows alone; nil if both agree.
  ///
  /// - Parameter found: processes that MPI knows.
  package func mismatch(found: Int, library: String) -> LauncherMismatch? {
    processes > 1 && found == 1 ? LauncherMismatch(launcher: self, library: library) : nil
  }
}

/// The launcher belongs to another MPI than the program: each process would train alone.
package struct LauncherMismatch: ExitStatusProviding, CustomStringConvertible, Equatable {
  let launcher: Launcher
  /// The MPI that the program uses.
  let library: String

  package var exitStatus: ExitStatus { .usage }
  package var description: String {
    """
    the launcher started \(launcher.processes) processes (\(launcher.variable)), but each is alone: it does not fit the MPI \
    of this program, \(library); use the mpirun of that MPI, or srun --mpi=pmix; for independent processes, unset \
    \(launcher.variable)
    """
  }
}
