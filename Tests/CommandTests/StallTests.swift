import Foundation
import TestSupport
import Testing

/// Jobs that hang end with status 86 and say which rank is missing.
@Suite struct StallTests {
  struct Stall: Sendable, CustomTestStringConvertible {
    let fault: String
    let ranks: Int
    /// On so many simulated machines: only ranks of one machine share memory.
    var machines = 1
    /// What the last words say.
    let parts: [String]
    var testDescription: String { "\(fault) of \(ranks) on \(machines)" }
  }

  @Test(arguments: [
    Stall(fault: "1:9:step:stop", ranks: 2, parts: ["rank 1 on ", "was not heard of for"]),
    Stall(fault: "0:9:reduce:stop", ranks: 3, parts: ["rank 0 on ", "was not heard of for"]),
    Stall(fault: "1:12:evaluate:stop", ranks: 2, parts: ["rank 1 on ", "was not heard of for"]),
    Stall(fault: "1:0:audit:stop", ranks: 2, parts: ["rank 1 on ", "was not heard of for"]),
    Stall(fault: "1:9:load:loop", ranks: 2, parts: ["rank 1 on ", "hangs in load of step 9"]),
    Stall(fault: "0:9:load:loop", ranks: 1, parts: ["hang in load of step 9"]),
    Stall(fault: "2:9:step:sleep", ranks: 3, parts: ["rank 2 on ", "hangs in step of step 9"]),
    // Rank 0 speaks for rank 2, and rank 1 is alone.
    Stall(fault: "0:9:step:stop", ranks: 3, machines: 2, parts: ["rank 0 on ", "was not heard of for"]),
    Stall(fault: "1:9:reduce:stop", ranks: 3, machines: 2, parts: ["rank 1 on ", "was not heard of for"]),
    Stall(fault: "2:9:load:loop", ranks: 3, machines: 2, parts: ["rank 2 on ", "hangs in load of step 9"]),
    Stall(fault: "2:9:step:sleep", ranks: 3, machines: 3, parts: ["rank 2 on ", "hangs in step of step 9"]),
  ])
  func aJobThatHangsNamesTheMissingRank(_ stall: Stall) throws {
    let workshop = try Workshop()
    // Half of it without a word makes a rank the missing one: more than a busy machine lets a thread wait, above all beside one that spins.
    let timeout = stall.parts.contains { $0.contains("hang") } ? "14" : "6"
    let options = ["--max-steps", "30", "--checkpoint-every", "7", "--stall-timeout", timeout]
    let arguments = workshop.training(Recipes.akuru, "run", options)
    let job = try RunningRanks(
      stall.ranks, arguments,
      environment: [
        "AKURU_FAULT": stall.fault, "AKURU_MACHINES": "\(stall.machines)", "OMPI_MCA_odls_base_sigkill_timeout": "0",
      ],
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
      environment: library.environment.merging(["AKURU_FAULT": "5:3:step:sleep", "AKURU_MACHINES": "6"]) { $1 },
      timeout: 100)
    #expect(result.exitCode == 86, "\(result.transcript)")
    let words = result.stderr.split(separator: "\n").filter { $0.hasPrefix("akuru: stalled: ") }
    #expect(words.count == 1 && words[0].hasPrefix("akuru: stalled: rank 5 on "), "\(result.transcript)")
    #expect(words.first?.contains("hangs in step of step 3; no rank") == true, "\(result.transcript)")
  }

  /// One rank of a machine tells each other machine of all of its ranks; ranks of one machine send each other nothing.
  @Test(arguments: [1, 2, 3]) func aMachineSendsOneMessageToEachOther(machines: Int) throws {
    let folder = try TemporaryDirectory()
    // What a process sends to a port, by size of the message.
    let library = try PreloadedLibrary(
      """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <netinet/in.h>
      #include <stdio.h>
      #include <sys/socket.h>
      #include <unistd.h>
      ssize_t sendto(int file, const void *bytes, size_t count, int flags, const struct sockaddr *to, socklen_t length) {
        ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "sendto");
        if (to && to->sa_family == AF_INET) {
          const struct sockaddr_in *target = (const void *)to;
          char path[4096];
          snprintf(path, sizeof path, "\(folder.path)/%d", getpid());
          FILE *log = fopen(path, "a");
          if (target->sin_addr.s_addr == htonl(INADDR_LOOPBACK)) fprintf(log, "%zu %d\\n", count, target->sin_port);
          fclose(log);
        }
        return next(file, bytes, count, flags, to, length);
      }
      """)
    let workshop = try Workshop()
    let options = ["--max-steps", "4", "--stall-timeout", "20"]
    let result = try akuru(
      ranks: 6, workshop.training(Recipes.akuru, "run", options),
      environment: library.environment.merging(["AKURU_FAULT": "3:2:step:sleep=6", "AKURU_MACHINES": "\(machines)"]) {
        $1
      },
      timeout: 100)
    #expect(result.exitCode == 0, "\(result.transcript)")
    let senders = try FileManager.default.contentsOfDirectory(atPath: folder.path).map {
      try String(contentsOfFile: folder.file($0), encoding: .utf8).split(separator: "\n")
    }
    // At first, a rank may speak that has not heard of those before it.
    let speakers = senders.filter { $0.count > 3 * (machines - 1) }
    #expect(speakers.count == (machines == 1 ? 0 : machines), "\(senders.map(\.count))")
    for sender in speakers {
      #expect(Set(sender.suffix(4 * (machines - 1))).count == machines - 1, "one listener on each other machine")
      #expect(sender.allSatisfy { $0.hasPrefix("\(8 * (3 + 3 * 6 / machines)) ") }, "of all ranks of the machine")
      // Two beats a second, for six seconds and those of the start.
      #expect((8 * (machines - 1)...100 * (machines - 1)).contains(sender.count), "\(sender.count)")
    }
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
