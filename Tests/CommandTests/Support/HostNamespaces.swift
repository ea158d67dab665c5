import Foundation
import TestSupport

/// Machines n1, n2 and n3 on one: network namespaces on a bridge, in which a command runs as on a machine of its own, with
/// its own host name. All of it goes when the processes in it are gone.
///
/// Making them needs root, and is not allowed in every container.
final class HostNamespaces {
  private let folder = try! TemporaryDirectory()

  /// Found by trying.
  static let isAvailable: Bool = {
    guard geteuid() == 0, let hosts = try? HostNamespaces() else { return false }
    return (try? run(hosts.launcher[0], hosts.launcher.dropFirst() + ["true"]))?.exitCode == 0
  }()

  init() throws {
    try script(
      "sandbox",
      """
      set -e
      mount --make-rprivate /
      mkdir -p /run/netns
      mount -t tmpfs tmpfs /run/netns
      mount --bind \(folder.file("names")) /etc/hosts
      ip link set lo up
      ip link add bridge0 type bridge
      ip address add 10.77.0.1/24 dev bridge0
      ip link set bridge0 up
      for i in 1 2 3; do
        ip netns add n$i
        ip link add v$i type veth peer name eth0 netns n$i
        ip link set v$i master bridge0
        ip link set v$i up
        ip -n n$i address add 10.77.0.1$i/24 dev eth0
        ip -n n$i link set eth0 up
        ip -n n$i link set lo up
      done
      exec "$@"
      """)
    // In place of ssh. A machine that was switched off does not answer.
    try script(
      "agent",
      """
      host=$1
      shift
      [ ! -e "\(folder.path)/$host.off" ] || exit 255
      exec ip netns exec "$host" unshare --uts sh -c 'hostname "$0"; exec sh -c "$1"' "$host" "$*"
      """)
    let names = "127.0.0.1 localhost\n10.77.0.11 n1\n10.77.0.12 n2\n10.77.0.13 n3\n"
    try Data(names.utf8).write(to: URL(fileURLWithPath: folder.file("names")))
  }

  private func script(_ name: String, _ text: String) throws {
    try Data("#!/bin/sh\n\(text)\n".utf8).write(to: URL(fileURLWithPath: folder.file(name)))
    guard chmod(folder.file(name), 0o755) == 0 else { throw NotRunning(description: "cannot make \(name) executable") }
  }

  /// What a command is started by to have these machines.
  var launcher: [String] { ["/usr/bin/unshare", "--net", "--mount", folder.file("sandbox")] }

  /// What stands for ssh there.
  var agent: String { folder.file("agent") }

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
    FileManager.default.createFile(atPath: folder.file("\(host).off"), contents: nil)
    _ = try beside(process, ["ip", "link", "set", "v\(host.dropFirst())", "down"])
  }
}
