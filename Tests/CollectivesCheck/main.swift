import MessagePassing

// What MessagePassingTests run under mpirun, because a test process cannot be several ranks.
//
//   CollectivesCheck collectives              every collective against its definition
//   CollectivesCheck hash COUNT               prints a hash of an exactly reduced step
//   CollectivesCheck lost RANK                that rank leaves out a micro-batch
//   CollectivesCheck broken FUNCTION RANK     the same, while that function fails on that rank, see BrokenMPI
//   CollectivesCheck float COUNT MACHINES     sums that travel as Floats between that many machines
//   CollectivesCheck exchange COUNT MACHINES  sums of small integers over that many machines
//   CollectivesCheck interrupted              shared memory, when signals interrupt system calls
//   CollectivesCheck throw RANK CODE          that rank throws while the others wait in a barrier
//   CollectivesCheck fail CODE                all ranks throw a CollectiveFailure
//   CollectivesCheck together RANK|all CODE   that rank, or all, throw inside together()
//   CollectivesCheck disagree RANK            that rank has another value for one item
//   CollectivesCheck exit CODE                all ranks return CODE

/// An error with an exit code of its own.
struct CheckError: Error, CustomStringConvertible {
  let description: String
  var exitCode: Int32 = 1
}

struct CollectiveCheckError: CollectiveFailure, CustomStringConvertible {
  let description: String
  let exitCode: Int32
}

func exitCode(_ error: any Error) -> Int32 {
  switch error {
  case let error as CheckError: error.exitCode
  case let error as CollectiveCheckError: error.exitCode
  case is RanksDisagree: 5
  default: 70
  }
}

MPIRuntime.run(exitCode: exitCode) { communicator in
  let arguments = Array(CommandLine.arguments.dropFirst())
  let number = arguments.dropFirst().map { Int($0) }
  switch arguments.first {
  case "collectives":
    try checkCollectives(communicator)
  case "hash":
    let hash = try reducedHash(communicator, gradients: number.first.flatMap { $0 } ?? 1000)
    if communicator.rank == 0 { print("hash \(hash)") }
  case "lost":
    _ = try reducedHash(communicator, gradients: 10, lostBy: number.first.flatMap { $0 })
  case "broken":
    if communicator.rank == number[1] { BrokenMPI.function = arguments[1] }
    let hash = try reducedHash(communicator, gradients: 1000)
    if communicator.rank == 0 { print("hash \(hash)") }
  case "float":
    try checkFloat(communicator, gradients: number[0] ?? 1000, machines: number[1] ?? 1)
  case "exchange":
    try checkExchange(communicator, gradients: number[0] ?? 1000, machines: number[1] ?? 1)
  case "interrupted":
    try checkInterrupted(communicator)
  case "throw":
    if communicator.rank == number[0] {
      throw CheckError(description: "words.png: not a PNG", exitCode: Int32(number[1] ?? 1))
    }
    try communicator.barrier()
    print("rank \(communicator.rank) went on")
  case "fail":
    throw CollectiveCheckError(description: "the loss is not finite", exitCode: Int32(number[0] ?? 1))
  case "together":
    let value = try communicator.together {
      if arguments[1] == "all" || communicator.rank == number[0] {
        throw CheckError(description: "train/: no images", exitCode: Int32(number[1] ?? 1))
      }
      return communicator.rank
    }
    print("rank \(value) went on")
  case "disagree":
    try checkDisagreement(communicator, odd: number.first.flatMap { $0 })
  case "exit":
    print("rank \(communicator.rank) of \(communicator.size)")
    return Int32(number[0] ?? 1)
  default:
    throw CheckError(description: "no such check", exitCode: 2)
  }
  return 0
}
