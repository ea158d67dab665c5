import Foundation
import Testing

/// Jobs that hang end with status 86 and say which rank is missing.
@Suite struct StallTests {
  struct Stall: Sendable, CustomTestStringConvertible {
    let fault: String
    let ranks: Int
    /// What the last words say.
    let parts: [String]
    var testDescription: String { "\(fault) of \(ranks)" }
  }

  @Test(arguments: [
    Stall(fault: "1:9:step:stop", ranks: 2, parts: ["rank 1 on ", "was not heard of for"]),
    Stall(fault: "0:9:reduce:stop", ranks: 3, parts: ["rank 0 on ", "was not heard of for"]),
    Stall(fault: "1:12:evaluate:stop", ranks: 2, parts: ["rank 1 on ", "was not heard of for"]),
    Stall(fault: "1:0:audit:stop", ranks: 2, parts: ["rank 1 on ", "was not heard of for"]),
    Stall(fault: "1:9:load:loop", ranks: 2, parts: ["rank 1 on ", "hangs in load of step 9"]),
    Stall(fault: "0:9:load:loop", ranks: 1, parts: ["hang in load of step 9"]),
    Stall(fault: "2:9:step:sleep", ranks: 3, parts: ["rank 2 on ", "hangs in step of step 9"]),
  ])
  func aJobThatHangsNamesTheMissingRank(_ stall: Stall) throws {
    let workshop = try Workshop()
    // Half of it without a word makes a rank the missing one: more than a busy machine lets a thread wait.
    let options = ["--max-steps", "30", "--checkpoint-every", "7", "--stall-timeout", "6"]
    let arguments = workshop.training(Recipes.akuru, "run", options)
    let job = try RunningRanks(
      stall.ranks, arguments,
      environment: ["AKURU_FAULT": stall.fault, "OMPI_MCA_odls_base_sigkill_timeout": "0"],
      until: workshop.path("run/train.log"))
    let result = try job.mpirun.wait(timeout: 60)
    job.expectGone(within: 5)
    #expect(result.exitCode == 86, "\(result.transcript)")
    let words = result.stderr.split(separator: "\n").filter { $0.hasPrefix("akuru: stalled: ") }
    #expect(words.count == 1, "\(result.transcript)")
    for part in stall.parts {
      #expect(words.first?.contains(part) == true, "lacks \(part): \(result.transcript)")
    }
    for rank in 0..<stall.ranks {
      #expect(result.stderr.contains("\n  rank \(rank) on "), "\(result.transcript)")
    }
    let log = try String(contentsOfFile: workshop.path("run/train.log"), encoding: .utf8)
    #expect(log.contains("error: stalled: "), "\(log)")
  }

  /// A socket with room for three heartbeats: without hearing them as they come, healthy ranks count as silent.
  @Test func aFullBufferBlamesNobodyElse() throws {
    let library = try PreloadedLibrary(
      """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <sys/socket.h>
      static int (*real)(int, int, int, const void *, socklen_t);
      static int set(int f, int l, int o, const void *v, socklen_t n) {
        if (!real) real = dlsym(RTLD_NEXT, "setsockopt");
        return real(f, l, o, v, n);
      }
      int socket(int domain, int type, int protocol) {
        int (*next)(int, int, int) = dlsym(RTLD_NEXT, "socket"), size = 1152;
        int file = next(domain, type, protocol);
        if (file >= 0 && domain == AF_INET && (type & 15) == SOCK_DGRAM)
          set(file, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
        return file;
      }
      int setsockopt(int file, int level, int option, const void *value, socklen_t length) {
        if (level == SOL_SOCKET && option == SO_RCVBUF) return 0;
        return set(file, level, option, value, length);
      }
      """)
    let workshop = try Workshop()
    let options = ["--max-steps", "30", "--stall-timeout", "10"]
    let result = try akuru(
      ranks: 6, workshop.training(Recipes.akuru, "run", options),
      environment: library.environment.merging(["AKURU_FAULT": "5:3:step:sleep"]) { $1 }, timeout: 100)
    #expect(result.exitCode == 86, "\(result.transcript)")
    let words = result.stderr.split(separator: "\n").filter { $0.hasPrefix("akuru: stalled: ") }
    #expect(words.count == 1 && words[0].hasPrefix("akuru: stalled: rank 5 on "), "\(result.transcript)")
    #expect(words.first?.contains("hangs in step of step 3; no rank") == true, "\(result.transcript)")
  }

  /// A rank that is only slow is waited for, as long as it gets on.
  @Test func aSlowRankIsNoStall() throws {
    let workshop = try Workshop()
    let result = try akuru(
      ranks: 2,
      workshop.training(Recipes.akuru, "run", ["--max-steps", "4", "--stall-timeout", "3"]),
      environment: ["AKURU_FAULT": "1:1-4:step:sleep=1.5"])
    #expect(result.exitCode == 0, "\(result.transcript)")
  }

  /// A job that is stopped and goes on, as with Ctrl-Z and fg, has not stalled.
  @Test func aJobThatWasStoppedGoesOn() throws {
    let workshop = try Workshop()
    let options = ["--max-steps", "60", "--checkpoint-every", "7", "--stall-timeout", "2"]
    let job = try RunningRanks(
      2, workshop.training(Recipes.akuru, "run", options),
      until: workshop.checkpoint("run", step: 7))
    for rank in job.ranks { kill(rank, SIGSTOP) }
    sleep(5)
    for rank in job.ranks { kill(rank, SIGCONT) }
    #expect(try job.mpirun.wait(timeout: 60).exitCode == 0)
  }
}
