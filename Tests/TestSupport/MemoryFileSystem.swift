import Foundation

/// A file system in memory, to be filled or made read-only. Only root can mount one, and not in every container.
public final class MemoryFileSystem {
  private let folder = try! TemporaryDirectory()
  public var path: String { folder.path }
  private var filler: String { folder.file("filler") }

  /// Whether this process may mount; found by trying.
  public static let isAvailable = geteuid() == 0 && (try? MemoryFileSystem(kilobytes: 64)) != nil

  struct CannotMount: Error {}

  public init(kilobytes: Int) throws {
    let mount = try run("mount", ["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", folder.path])
    if mount.exitCode != 0 { throw CannotMount() }
  }

  deinit { _ = try? run("umount", [path]) }

  public func makeReadOnly() -> Bool { (try? run("mount", ["-o", "remount,ro", path]))?.exitCode == 0 }

  /// Writes a file until there is no space.
  public func fill() {
    let file = open(filler, O_WRONLY | O_CREAT, 0o600)
    let zeros = [UInt8](repeating: 0, count: 1 << 16)
    while write(file, zeros, zeros.count) > 0 {}
    close(file)
  }

  /// Removes that file.
  public func free() { unlink(filler) }
}
