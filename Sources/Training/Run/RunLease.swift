import Files
import Foundation
import Instrumentation
import MessagePassing
import Messages
import Tensors

/// The lease of a run directory, for other machines: `RUN/.lease` names host and process, and a thread renews its time
/// every few seconds. A lease that was not renewed for a minute is stale: its job is dead, or its machine cannot be
/// reached. (On one machine `flock` decides, which the system releases when a process dies.)
///
/// Times are compared with that of a file that was just written to the same folder, so that clocks need not agree.
///
/// Unchecked: after `init`, the thread owns `scratch`; only ``end()`` may also use it, which at worst reads garbage and
/// then keeps the file.
package final class RunLease: @unchecked Sendable {
  /// Seconds after which a lease that is not renewed is stale.
  package static let duration = 60
  /// Seconds between renewals.
  private static let renewal: UInt32 = 10

  private let file: OpenFile
  /// This job's contents of the file.
  private let text: [UInt8]
  private let path: String
  /// `path` as a C string.
  private let place: UnsafeMutablePointer<CChar>
  /// A buffer for the file's contents.
  private let scratch: UnsafeMutableRawPointer

  /// Waits while another machine's lease may be valid, then takes the lease.
  ///
  /// - Parameter isLocked: whether the caller holds the lock; false if the file system has none.
  /// - Parameter log: receives messages about a lease that is waited for or taken over.
  /// - Throws: `RunDirectoryError.locked` if the other job renews its lease; `.io`.
  package init(_ folder: String, isLocked: Bool, log: (String) -> Void) throws(RunDirectoryError) {
    path = "\(folder)/.lease"
    let host = Communicator.ownHostName
    place = strdup(path)
    text = Array("process \(getpid()) on \(host), \(UInt64.random(in: 0 ... .max))\n".utf8)
    scratch = .allocate(byteCount: text.count, alignment: 1)
    do throws(FileError) {
      file = try OpenFile(path, O_RDWR | O_CREAT, action: "create")
      let before = try file.bytes(200, at: 0)
      let holder = RunLease.holder(before)
      if !before.isEmpty {
        // On the same machine, getting the lock proves that the holder is dead.
        if !isLocked || !holder.hasSuffix(" on \(host)") {
          guard try RunLease.outlives(file, folder, holder, log) else {
            throw FileError("lock", path, code: EBUSY)
          }
        }
        log("taking the run directory \(folder) over from \(holder), which ended without a word")
      }
      try renew()
      try file.truncate(text.count)
    } catch {
      guard error.code == EBUSY else { throw .io(error) }
      throw .locked(
        path: folder, holder: RunLease.holder((try? OpenFile.reading(path).bytes(200, at: 0)) ?? [])
      )
    }
    startRenewing()
  }

  deinit {
    scratch.deallocate()
    free(place)
  }

  /// Stops renewing and releases the lease.
  package func end() {
    if isOurs { unlink(path) }
  }

  /// Waits until another machine's lease becomes stale; returns false as soon as it is renewed.
  private static func outlives(
    _ file: borrowing OpenFile, _ folder: String, _ holder: String, _ log: (String) -> Void
  ) throws(FileError) -> Bool {
    let renewed = try file.modified()
    var age = try now(folder) - renewed
    if age < duration {
      log("waiting up to \(duration - max(0, age)) s: \(holder) may still write \(folder)")
    }
    while age < duration {
      sleep(1)
      Heartbeat.tick()
      let isRenewed = try file.modified() != renewed
      if StopRequest.isRaised || isRenewed { return false }
      age = try now(folder) - renewed
    }
    return true
  }

  /// The file system's time in seconds.
  private static func now(_ folder: String) throws(FileError) -> Int {
    let name = AtomicFile.temporaryName(for: "\(folder)/clock")
    defer { unlink(name) }
    let file = try OpenFile(name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, action: "create")
    try file.write([0])
    return try file.modified()
  }

  private static func holder(_ bytes: [UInt8]) -> String {
    let text = String(
      decoding: bytes.prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    return text.onOneLine
  }

  /// Rewrites the same contents, which updates the file's time. Allocates nothing.
  private func renew() throws(FileError) {
    let written = text.withUnsafeBytes { pwrite(file.descriptor, $0.baseAddress, $0.count, 0) }
    guard written == text.count else { throw FileError("write", path) }
  }

  /// Whether the file still has this job's contents. Allocates nothing.
  private var isOurs: Bool {
    var status = stat()
    guard stat(place, &status) == 0 else { return errno != ENOENT }  // The state is unknown, so it may be ours.
    let count = pread(file.descriptor, scratch, text.count, 0)
    return count < 0 || count == text.count && text.withUnsafeBytes { memcmp($0.baseAddress!, scratch, count) == 0 }
  }

  private func startRenewing() {
    let thread = Thread { [weak self] in
      while true {
        sleep(RunLease.renewal)
        guard let self else { return }
        guard self.isOurs else {
          let line =
            "akuru: another job has taken \(self.path) over: ended without a checkpoint, so that it is not disturbed\n"
          line.utf8.withContiguousStorageIfAvailable {
            _ = write(STDERR_FILENO, $0.baseAddress, $0.count)
          }
          _exit(ExitStatus.inputOutput.rawValue)
        }
        try? self.renew()  // A temporarily full disk must not end the run.
      }
    }
    thread.name = "akuru lease"
    thread.stackSize = 1 << 20
    thread.start()
  }
}
