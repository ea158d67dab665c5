import Console
import Datasets
import Foundation
import Instrumentation
import MessagePassing
import Messages

extension AuditedDataSet {
  /// Switches the source of images to a cache in `folder`. If a machine's cache is missing or damaged, its ranks build
  /// it, each decoding a share.
  ///
  /// The ranks of a machine share one file. In a job of several machines each machine uses its own file name, since
  /// the folder may be on a network, where replacing a file would pull it from under other machines that have mapped
  /// it.
  ///
  /// - Throws: on all ranks together, a failure with exit status 4 if the cache cannot be built (no space, no
  ///   permission).
  package mutating func cacheImages(in folder: String, over communicator: Communicator, output: RunLog) throws {
    let log = output.logger()
    let machine = try communicator.sameMachine()
    let layout = ImageCacheLayout(
      height: geometry.height, widths: widths, digests: digests, preparation: geometry.preparation)
    let path = "\(folder)/\(layout.fileName(machine: machine.size < communicator.size ? communicator.hostName : nil))"
    let share = dataSet.share(machine.rank, of: machine.size, in: 0..<layout.count)
    let size = "\(layout.count) images, \((Double(layout.fileSize) / 1e6).formatted(decimals: 1)) MB"

    // First every rank maps the file and verifies its share of the pixels.
    var cache: MappedImageSource?
    var damage = ""
    do {
      let found = try MappedImageSource(path, layout: layout)
      for start in stride(from: share.lowerBound, to: share.upperBound, by: 1000) {
        try found.verify(start..<min(start + 1000, share.upperBound))
        Heartbeat.tick()
      }
      cache = found
    } catch ImageCacheError.absent {
    } catch {
      damage = "\(error); making it again"
    }
    for warning in Set(try communicator.gather(Array(damage.utf8))).map({ String(decoding: $0, as: UTF8.self) })
      .sorted()
    where !warning.isEmpty {
      log.warning("\(warning)")
    }
    let isMissing = try machine.allreduceMax([Int64(cache == nil ? 1 : 0)])[0] == 1
    if !isMissing { log.info("decoded images: \(path), \(size)") }

    // To build it, the machine's first rank reserves the space, all ranks fill the file, and the first publishes it.
    if isMissing { log.info("decoding images into \(path), \(size)") }
    let draft = try communicator.together {
      isMissing && machine.rank == 0 ? try ImageCacheDraft(for: path, layout: layout) : nil
    }
    let temporary = isMissing ? try machine.broadcast(draft.map { Array($0.temporaryPath.utf8) }) : []
    let (dataSet, geometry, lines) = (dataSet, geometry, lines)
    let progress = WorkProgress("decoding images", total: share.count, ranks: machine.size, output)
    defer { progress.finish() }
    try communicator.together {
      guard isMissing else { return }
      try ImageCacheWriter(
        String(decoding: temporary, as: UTF8.self), layout: layout, dataSet: dataSet,
        geometry: geometry, lines: lines
      ).write(
        share, threads: communicator.size == 1 ? ProcessInfo.processInfo.activeProcessorCount : 1,
        while: {
          progress.tick()
          return Heartbeat.goesOn()
        })
    }
    try communicator.leaveIfStopIsRequested()
    self.lines = nil
    try communicator.together { try draft?.publish() }
    if isMissing { cache = nil }
    let found = cache
    source = try communicator.together { try found ?? MappedImageSource(path, layout: layout) }
  }
}
