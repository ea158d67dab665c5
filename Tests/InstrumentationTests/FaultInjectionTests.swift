import Foundation
import Instrumentation
import Messages
import TestSupport
import Testing

/// The form of `AKURU_FAULT`; what faults do to a run is in `FaultTests`.
@Suite struct FaultInjectionTests {
  @Test func thePartsAreRead() throws {
    let fault = try FaultInjection("1:12:reduce:kill")
    #expect(fault.rank == 1 && fault.steps == 12...12 && fault.phase == .reduce)
    #expect(fault.boundary == nil && fault.kind == .signal(SIGKILL))
    let range = try FaultInjection("0:3-7:checkpoint@11:enospc")
    #expect(range.rank == 0 && range.steps == 3...7 && range.phase == .checkpoint)
    #expect(range.boundary == 11 && range.kind == .error(ENOSPC))
    #expect(try FaultInjection("0:0:start:loop").steps == 0...0)
    #expect(try FaultInjection("0:4-4:end:loop").steps == 4...4)
  }

  @Test func everyPhaseHasItsName() throws {
    for phase in Phase.allCases { #expect(try FaultInjection("0:1:\(phase):kill").phase == phase) }
  }

  @Test(
    arguments: [
      ("exit", .exit(1)), ("exit=7", .exit(7)), ("exit=0", .exit(0)), ("abort", .signal(SIGABRT)),
      ("stop", .signal(SIGSTOP)), ("usr1", .signal(SIGUSR1)), ("term", .signal(SIGTERM)), ("segv", .badAccess),
      ("sleep", .sleep(3600)), ("sleep=0.25", .sleep(0.25)), ("sleep=1e6", .sleep(1e6)), ("loop", .loop),
      ("nan-loss", .nanLoss), ("nan-gradient", .nanGradient), ("bit-flip", .bitFlip),
    ] as [(String, FaultInjection.Kind)])
  func kindsAreRead(text: String, kind: FaultInjection.Kind) throws {
    #expect(try FaultInjection("0:1:step:\(text)").kind == kind)
  }

  @Test(arguments: [
    ("", "has 1 parts instead of 4"), ("1:2:step", "has 3 parts instead of 4"),
    ("1:2:step:kill:", "has 5 parts instead of 4"),
    ("-1:2:step:kill", "-1 is no rank"), ("x:2:step:kill", "x is no rank"), (":2:step:kill", " is no rank"),
    ("0:x:step:kill", "x is no step"), ("0::step:kill", " is no step"), ("0:-1:step:kill", "-1 is no step"),
    ("0:7-3:step:kill", "7-3 is no step"), ("0:1-2-3:step:kill", "1-2-3 is no step"),
    ("0:3-:step:kill", "3- is no step"), ("0:1.5:step:kill", "1.5 is no step"),
    ("0:99999999999999999999:step:kill", "99999999999999999999 is no step"),
    ("0:1:sleep:kill", "sleep is no phase"), ("0:1::kill", " is no phase"), ("0:1:Step:kill", "Step is no phase"),
    ("0:1:step@1:kill", "step@1 is no boundary"), ("0:1:checkpoint@:kill", "checkpoint@ is no boundary"),
    ("0:1:checkpoint@-1:kill", "checkpoint@-1 is no boundary"),
    ("0:1:checkpoint@1@2:kill", "checkpoint@1@2 is no boundary"),
    ("0:1:step:", " is no kind"), ("0:1:step:explode", "explode is no kind"), ("0:1:step:KILL", "KILL is no kind"),
    ("0:1:step:kill=9", "kill=9 is no kind"), ("0:1:step:kill=", "kill= is no kind"),
    ("0:1:step:exit=", "exit= is no kind"), ("0:1:step:exit=x", "exit=x is no kind"),
    ("0:1:step:exit=-1", "exit=-1 is no kind"), ("0:1:step:exit=nan", "exit=nan is no kind"),
    ("0:1:step:sleep=2e6", "sleep=2e6 is no kind"), ("0:1:step:sleep=1=2", "sleep=1=2 is no kind"),
    ("0:1:reduce:nan-loss", "nan-loss does not go with reduce"),
    ("0:1:update:nan-gradient", "nan-gradient does not go with update"),
    ("0:1:load:bit-flip", "bit-flip does not go with load"), ("0:1:step:enospc", "enospc does not go with step"),
    ("0:1:start:eio", "eio does not go with start"),
    ("0:1:checkpoint@2:nan-loss", "nan-loss does not go with checkpoint"),
  ])
  func whatMakesNoSenseIsSaid(text: String, reason: String) {
    let error = thrown(ConfigurationError.self) { _ = try FaultInjection(text[...]) }
    #expect(error?.description == "AKURU_FAULT \(text): \(reason); it is rank:step:phase:kind, as 1:12:reduce:kill")
  }
}
