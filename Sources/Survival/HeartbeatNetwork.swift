import Foundation
import MessagePassing

/// Exchanges progress counters among all ranks: without MPI, which may hang, and without a shared file system. The ranks of a machine
/// do so in shared memory; one of them tells the other machines by UDP, of all of them, with one message to each machine.
/// Ranks of one machine that share no memory use the loopback interface.
///
/// The watchdog's thread owns it once it runs; nothing here allocates then. Unchecked because of that transfer.
final class HeartbeatNetwork: @unchecked Sendable {
  /// The name of each rank, for people.
  let names: [String]
  let rank: Int
  let groups: HeartbeatGroups
  private let board: HeartbeatBoard
  private let descriptor: Int32
  /// Tells the messages of this job from those of others.
  private let token: UInt64
  /// The addresses of each rank of another group.
  private let addresses: [[sockaddr_in]]
  private var beats = 0
  /// The words of a message, and one more, to see that another message is longer.
  private let words = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: HeartbeatMessage.mostWords + 1)

  /// Room for messages that arrive while this process does not run; the kernel may give less.
  private static let bufferBytes: Int32 = 1 << 22

  private struct Contact: Codable {
    var host: String
    /// The first rank of those that share memory with this one.
    var first: Int
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
    let (memory, first) = try HeartbeatNetwork.memory(of: communicator)
    board = HeartbeatBoard(memory)
    // A rank without a socket or without IPv4 has no address; ranks of other groups get no heartbeats from it.
    var own = Contact(host: communicator.hostName, first: first, port: 0, addresses: [])
    if let port = HeartbeatNetwork.bind(descriptor) { own.port = port }
    if own.port != 0 { own.addresses = HeartbeatNetwork.interfaceAddresses() }
    let secret = UInt64.random(in: 1 ... .max)
    token = try communicator.fromRankZero { secret }
    let contacts = try communicator.allGather(Array(JSONEncoder().encode(own)))
      .map { try JSONDecoder().decode(Contact.self, from: Data($0)) }
    names = contacts.enumerated().map { "rank \($0) on \($1.host)" }
    groups = HeartbeatGroups(
      firstRanks: contacts.map(\.first), isReachable: contacts.map { $0.port != 0 }, rank: communicator.rank)
    addresses = contacts.map { contact in
      guard contact.port != 0, contact.first != first else { return [] }
      let loopback = contact.host == own.host ? [UInt32(0x7F00_0001).bigEndian] : []
      return (loopback + contact.addresses).map { address in
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = contact.port.bigEndian
        target.sin_addr.s_addr = address
        return target
      }
    }
  }

  deinit {
    close(descriptor)
    words.deallocate()
  }

  /// Memory for what is known of all ranks, and the first of the ranks that share it; that of this rank alone if its machine
  /// gives no shared memory.
  private static func memory(of communicator: Communicator) throws -> (SharedMemory, first: Int) {
    let bytes = HeartbeatBoard.bytes(ranks: communicator.size)
    let machine = try communicator.sameMachine()
    let own = machine.rank == 0 ? 0..<bytes : bytes..<bytes
    if machine.size > 1, let shared = try SharedMemory(machine: machine, count: bytes, reserving: own) {
      return (shared, try machine.fromRankZero { communicator.rank })
    }
    return (SharedMemory(count: bytes), communicator.rank)
  }

  /// Tells the others of this rank, and of the ranks that share its memory if it speaks for them. Messages that cannot be sent are
  /// dropped.
  ///
  /// - Parameter interval: seconds between two beats.
  func beat(place: UInt64, count: Int, now: Double, interval: Double) {
    board[rank] = HeartbeatBoard.Entry(place: place, count: count, heard: now)
    beats += 1
    guard groups.speaks(now: now, freshness: 2.5 * interval, heard: { board[$0].heard }) else { return }
    let members = groups.groups[groups.own].count
    for start in stride(from: 0, to: members, by: HeartbeatMessage.mostMembers) {
      let end = min(start + HeartbeatMessage.mostMembers, members)
      let message = HeartbeatMessage(group: groups.own, members: start..<end)
      message.write(to: words, token: token, groups: groups, now: now) { board[$0] }
      // What other machines tell is older by up to a beat of the rank and one of its speaker.
      for group in groups.groups.indices where group != groups.own {
        let listener = groups.listener(
          in: group, beat: beats, now: now, freshness: 4 * interval, heard: { board[$0].heard })
        if let listener { send(bytes: message.bytes, to: listener) }
      }
    }
  }

  private func send(bytes: Int, to listener: Int) {
    for var address in addresses[listener] {
      _ = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          sendto(descriptor, words.baseAddress, bytes, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
  }

  /// Waits until a message arrives, and returns whether one did within that time.
  func waits(seconds: Double) -> Bool {
    var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&event, 1, Int32((seconds * 1e3).rounded(.up))) > 0
  }

  /// Takes the messages that have arrived; false if there was none.
  func receive(now: Double) -> Bool {
    var heard = false
    while true {
      let count = recv(descriptor, words.baseAddress, 8 * words.count, 0)
      if count < 0 && errno == EINTR { continue }
      // An earlier send to an address without a listener is reported here; messages may have arrived after it.
      if count < 0 && errno == ECONNREFUSED { continue }
      guard count >= 0 else { return heard }
      let arrived = UnsafeBufferPointer(words)
      guard let message = HeartbeatMessage(arrived, bytes: count, token: token, groups: groups) else { continue }
      heard = true
      for (index, member) in message.members.enumerated() {
        let (entry, rank) = (message.entry(index, of: arrived, now: now), groups.groups[message.group][member])
        if entry.heard > board[rank].heard { board[rank] = entry }
      }
    }
  }

  /// What is known of a rank; nil if it was never heard of.
  func known(of rank: Int) -> HeartbeatBoard.Entry? {
    let entry = board[rank]
    return entry.heard > 0 ? entry : nil
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
