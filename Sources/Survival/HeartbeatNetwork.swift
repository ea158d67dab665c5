import Foundation
import MessagePassing

/// Exchanges progress counters among all ranks by UDP: without MPI, which may hang, and without a shared file system.
/// Ranks of one machine use the loopback interface, others every IPv4 address of their machine.
///
/// The watchdog's thread owns it once it runs; nothing here allocates then. Unchecked because of that transfer.
final class HeartbeatNetwork: @unchecked Sendable {
  /// The name of each rank, for people.
  let names: [String]
  let rank: Int
  private let descriptor: Int32
  /// Tells the messages of this job from those of others.
  private let token: UInt64
  /// The addresses of all other ranks.
  private let addresses: [sockaddr_in]

  /// Room for messages that arrive while this process does not run; the kernel may give less.
  private static let bufferBytes: Int32 = 1 << 22

  private struct Contact: Codable {
    var host: String
    var port: UInt16
    /// In network byte order.
    var addresses: [UInt32]
  }

  /// Opens a socket and exchanges addresses; collective.
  init(_ communicator: Communicator) throws {
    rank = communicator.rank
    #if canImport(Darwin)
      descriptor = socket(AF_INET, SOCK_DGRAM, 0)
    #else
      descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    #endif
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    var bytes = HeartbeatNetwork.bufferBytes
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    // A rank without a socket or without IPv4 has no address; the others get no heartbeats from it.
    var own = Contact(host: communicator.hostName, port: 0, addresses: [])
    if let port = HeartbeatNetwork.bind(descriptor) { own.port = port }
    if own.port != 0 { own.addresses = HeartbeatNetwork.interfaceAddresses() }
    let secret = UInt64.random(in: 1 ... .max)
    token = try communicator.fromRankZero { secret }
    let contacts = try communicator.allGather(Array(JSONEncoder().encode(own)))
      .map { try JSONDecoder().decode(Contact.self, from: Data($0)) }
    names = contacts.enumerated().map { "rank \($0) on \($1.host)" }
    var addresses: [sockaddr_in] = []
    for (other, contact) in contacts.enumerated()
    where other != communicator.rank && contact.port != 0 {
      let loopback = contact.host == own.host ? [UInt32(0x7F00_0001).bigEndian] : []
      for address in loopback + contact.addresses {
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = contact.port.bigEndian
        target.sin_addr.s_addr = address
        addresses.append(target)
      }
    }
    self.addresses = addresses
  }

  deinit { close(descriptor) }

  /// Sends this rank's message to all. Messages that cannot be sent are dropped.
  func send(_ message: HeartbeatMessage) {
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: HeartbeatMessage.words) { words in
      message.write(to: words, token: token)
      for var address in addresses {
        _ = withUnsafePointer(to: &address) { pointer in
          pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            sendto(
              descriptor, words.baseAddress, HeartbeatMessage.bytes, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
          }
        }
      }
    }
  }

  /// Waits until a message arrives, and returns whether one did within that time.
  func waits(seconds: Double) -> Bool {
    var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&event, 1, Int32((seconds * 1e3).rounded(.up))) > 0
  }

  /// The next message that has arrived; nil when there is none.
  func receive() -> HeartbeatMessage? {
    // One word more than a message has, to see that another one is longer.
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: HeartbeatMessage.words + 1) { words in
      while true {
        let count = recv(descriptor, words.baseAddress, HeartbeatMessage.bytes + 8, 0)
        if count < 0 && errno == EINTR { continue }
        // An earlier send to an address without a listener is reported here; messages may have arrived after it.
        if count < 0 && errno == ECONNREFUSED { continue }
        guard count >= 0 else { return nil }
        let message = HeartbeatMessage(
          UnsafeBufferPointer(words), bytes: count, token: token, ranks: names.count, own: rank)
        if let message { return message }
      }
    }
  }

  /// Binds to any free port and returns it.
  private static func bind(_ descriptor: Int32) -> UInt16? {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        guard Foundation.bind(descriptor, $0, length) == 0,
          getsockname(descriptor, $0, &length) == 0
        else { return nil }
        return UInt16(bigEndian: pointer.pointee.sin_port)
      }
    }
  }

  /// The IPv4 addresses of this machine's active interfaces, without loopback; at most eight.
  private static func interfaceAddresses() -> [UInt32] {
    var first: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&first) == 0 else { return [] }
    defer { freeifaddrs(first) }
    let all = sequence(first: first) { $0?.pointee.ifa_next }.compactMap(\.self)
    return Array(
      all.lazy.compactMap { interface -> UInt32? in
        guard let address = interface.pointee.ifa_addr,
          address.pointee.sa_family == sa_family_t(AF_INET)
        else {
          return nil
        }
        let value = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
          $0.pointee.sin_addr.s_addr
        }
        return UInt32(bigEndian: value) >> 24 == 127 ? nil : value
      }.prefix(8))
  }
}
