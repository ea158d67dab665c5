import Foundation

/// The processors that this process runs on, from the kernel.
package enum Processors {
  /// Hardware threads of this process's affinity mask in Linux's notation, such as 0-3,8; empty if unknown.
  package static func allowedList() -> String {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
    return line?.split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
  }

  /// Cores of the affinity mask, each by its first hardware thread, ascending.
  package static func allowedCores() -> [Int] {
    let threads = numbers(allowedList())
    guard !threads.isEmpty else { return Array(0..<ProcessInfo.processInfo.activeProcessorCount) }
    return Set(threads.map(core)).sorted()
  }

  /// Cores that are online.
  package static func onlineCoreCount() -> Int {
    let threads = list("/sys/devices/system/cpu/online")
    return threads.isEmpty ? ProcessInfo.processInfo.processorCount : Set(threads.map(core)).count
  }

  /// The first hardware thread of the core that a hardware thread belongs to.
  private static func core(_ thread: Int) -> Int {
    list("/sys/devices/system/cpu/cpu\(thread)/topology/thread_siblings_list").min() ?? thread
  }

  /// The numbers in a file.
  private static func list(_ path: String) -> [Int] {
    numbers((try? String(contentsOfFile: path, encoding: .utf8)) ?? "")
  }

  /// The numbers of a text of the form "0-3,8".
  package static func numbers(_ text: String) -> [Int] {
    text.split(whereSeparator: { $0 == "," || $0.isWhitespace }).flatMap { part -> [Int] in
      let ends = part.split(separator: "-").compactMap { Int($0) }
      guard let first = ends.first, let last = ends.last, first <= last, last < 1 << 20 else { return [] }
      return Array(first...last)
    }
  }
}
