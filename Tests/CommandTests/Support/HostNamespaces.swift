import Foundation
import TestSupport

/// Machines n1, n2, ... on one, 1 Gbit/s each: network namespaces on a bridge, in which a command runs as on a machine of its own, with
/// its own host name. All of it goes when the processes in it are gone.
///
/// Making them, with `Tests/Cluster/hosts`, needs root, and is not allowed in every container.
final class HostNamespaces {
  private let folder = try! TemporaryDirectory()
  private let count: Int

  init(_ count: Int = 4) { self.count = count }

  /// Found by trying.
  static let isAvailable: Bool = {
    guard geteuid() == 0 else { return false }
    let hosts = HostNamespaces()
    return (try? run(hosts.launcher[0], hosts.launcher.dropFirst() + ["true"]))?.exitCode == 0
  }()

  private static let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Cluster").standardized.path

  /// What a command is started by to have these machines; it gets ``environment``.
  var launcher: [String] { ["/usr/bin/unshare", "--net", "--mount", "\(Self.scripts)/hosts", "\(count)", "1gbit"] }

  /// What stands for ssh there.
  var agent: String { "\(Self.scripts)/agent" }

  /// Where ``agent`` looks for machines that do not answer.
  var environment: [String: String] { ["AKURU_HOSTS_OFF": folder.path] }

  /// Writes a hostfile and returns its path.
  func hostfile(_ lines: [String]) throws -> String {
    try GlyphData.write(lines, to: folder.file("hosts"))
    return folder.file("hosts")
  }

  /// Runs a command beside the process that was started by ``launcher``.
  private func beside(_ process: RunningProcess, _ command: [String]) throws -> ProcessResult {
    try run("nsenter", ["--target", "\(process.processIdentifier)", "--net", "--mount"] + command)
  }

  /// The processes of `akuru` on a machine.
  func ranks(on host: String, beside process: RunningProcess) throws -> [Int32] {
    try beside(process, ["ip", "netns", "pids", host]).stdout.split(separator: "\n").compactMap { Int32($0) }
      .filter { Supervisor.name(of: $0) == "akuru" }
  }

  /// Takes a machine off the network, and lets it answer no more.
  func cut(_ host: String, beside process: RunningProcess) throws {
    _ = FileManager.default.createFile(atPath: folder.file("\(host).off"), contents: nil)
    _ = try beside(process, ["ip", "link", "set", "v\(host.dropFirst())", "down"])
  }
}
